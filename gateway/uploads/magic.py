"""What a file is, by its first bytes: enough to tell a photo from what calls itself one.

That it can be read to its end is another question, which a worker answers.
"""

#: Bytes that are looked at.
LOOKED_AT = 16

RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",  # ITU T.81, B.1.1.3: SOI, then a marker
    b"\x89PNG\r\n\x1a\n": "image/png",  # ISO/IEC 15948, 5.2
    b"OggS": "audio/ogg",  # RFC 3533, 6
    b"ID3": "audio/mpeg",
    b"\x1a\x45\xdf\xa3": "video/webm",  # RFC 8794, 8.1: EBML
}
#: What begins like another: whether there are pictures in it, a worker finds out.
ALIKE = {"video/mp4": "audio/mp4"}


def media_type(head: bytes) -> str | None:
    """Return the media type that the first bytes speak for; None: nothing that we take."""
    for beginning, found in BEGINNINGS.items():
        if head.startswith(beginning):
            return found
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":  # ISO/IEC 14496-12, 4.3
        return "audio/mp4"
    return "audio/mpeg" if is_mpeg_frame(head) else None


def fits(head: bytes, said: str) -> bool:
    """Tell whether the first bytes may be of what a file is said to be."""
    return media_type(head) == ALIKE.get(said, said)


def is_mpeg_frame(head: bytes) -> bool:
    """Tell whether a frame of MPEG sound, layer III, begins here (ISO/IEC 11172-3)."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
