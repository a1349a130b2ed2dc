"""Film, looked at in a child: every packet read, its sound heard, its pictures tried.

Of the pictures only those are decoded that stand by themselves (key frames): to decode all
takes as long as the visit did, and a flipped byte is found by the digest. Memory stays the
same however long it is.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.stream import VideoStream

from services.field_visit.jobs import sound
from services.field_visit.jobs.faults import (
    OTHER_TYPE,
    TOO_LARGE,
    UNREADABLE,
    Faulty,
    refuse_other_type,
)
from services.field_visit.jobs.sound import LEFT_OUT_S, LONGEST_S, Heard


class Kind(NamedTuple):
    """FFmpeg's container of a type that may be sent, and the decoders of its streams."""

    container: str
    pictures: frozenset[str]
    sound: frozenset[str]


KINDS = {
    "video/mp4": Kind("mov", frozenset({"h264"}), frozenset({"aac"})),
    "video/webm": Kind(
        "matroska",
        frozenset({"vp8", "vp9"}),
        frozenset({"opus", "libopus", "vorbis"}),
    ),
}
#: 4096 x 2304: what a phone calls 4K, and a little more.
MOST_PIXELS = 4096 * 2304


@dataclass
class Seen:
    """What came out of a film: its size, the seconds its pictures span, and its sound."""

    width: int = 0
    height: int = 0
    begins: float | None = None
    ends: float = 0.0
    pictures: int = 0
    broken: bool = False
    heard: Heard = field(default_factory=Heard)

    @property
    def seconds(self) -> float:
        return 0.0 if self.begins is None else max(0.0, self.ends - self.begins)

    def found(self) -> dict[str, Any]:
        """Return it as the fields of an Inspection."""
        told: dict[str, Any] = dict(self.heard.found())
        told["sound_s"] = told.pop("seconds", 0.0)
        if self.seconds:
            told |= {"seconds": round(self.seconds, 3)}
        if self.width:
            told |= {"width": self.width, "height": self.height}
        return told


def look(task: dict[str, Any]) -> dict[str, Any]:
    """Return what is found in the film at `path`, as the fields of an Inspection.

    Raises MemoryError.
    """
    try:
        return watched(Path(task["path"]), task["media_type"])
    except Faulty as fault:
        return fault.found


def watched(path: Path, media_type: str) -> dict[str, Any]:
    """Raises Faulty, with what could be seen and heard all the same.

    A film without a sound is one: what it is worth as a recording, others judge.
    """
    if media_type not in KINDS:
        raise Faulty(OTHER_TYPE)
    refuse_other_type(path, media_type)
    seen = Seen()
    claimed = see(path, KINDS[media_type], seen)
    if max(seen.seconds, seen.heard.seconds) > LONGEST_S:
        raise Faulty(TOO_LARGE, **seen.found())
    short = claimed > max(seen.seconds, seen.heard.seconds) + LEFT_OUT_S
    if seen.broken or seen.heard.broken or short or not seen.pictures:
        raise Faulty(UNREADABLE, **seen.found())
    return seen.found()


def see(path: Path, kind: Kind, seen: Seen) -> float:
    """Read it all into `seen`; return the seconds that its header claims, 0 where it does
    not say. Raises Faulty.
    """
    decoders = ",".join(sorted(kind.pictures | kind.sound))
    options = {"protocol_whitelist": "file", "codec_whitelist": decoders}
    try:
        with av.open(str(path), format=kind.container, options=options) as container:
            video, audio = streams(container, kind)
            seen.width, seen.height = video.width, video.height
            refuse_huge(seen)
            take(container, video, audio, seen)
            return (container.duration or 0) / av.time_base
    except (Faulty, MemoryError):
        raise
    except Exception:  # a decoder raises anything at what strangers wrote
        raise Faulty(UNREADABLE, **seen.found()) from None


def streams(
    container: InputContainer, kind: Kind
) -> tuple[VideoStream, AudioStream | None]:
    """Return its one stream of pictures, and that of its sound if it has one.

    Raises Faulty when there is no film, more than one, or one in another coding.
    """
    videos, audios = container.streams.video, container.streams.audio
    if len(videos) != 1 or len(audios) > 1:
        raise Faulty(OTHER_TYPE)
    found: tuple[VideoStream, AudioStream | None] = (videos[0], None)
    if videos[0].codec_context is None or videos[0].codec_context.name not in kind.pictures:
        raise Faulty(OTHER_TYPE)
    for each in audios:
        if each.codec_context is None or each.codec_context.name not in kind.sound:
            raise Faulty(OTHER_TYPE)
        found = (videos[0], each)
    return found


def refuse_huge(seen: Seen) -> None:
    """Raises Faulty before anything of it is decoded."""
    if seen.width * seen.height > MOST_PIXELS:
        raise Faulty(TOO_LARGE, **seen.found())


def take(
    container: InputContainer, video: VideoStream, audio: AudioStream | None, seen: Seen
) -> None:
    """Go through it packet by packet; what cannot be read is passed over and noted."""
    video.codec_context.thread_count = 1
    video.codec_context.skip_frame = "NONKEY"
    windows: Graph | None = None
    for packet in container.demux([video, audio] if audio else [video]):
        if packet.stream is video:
            look_at(packet, seen)
        else:
            windows = listen(packet, windows, seen.heard)
        if max(seen.seconds, seen.heard.seconds) > LONGEST_S:
            return
    if windows is not None:
        windows.push(None)
        sound.note(windows, seen.heard)


def look_at(packet: "Packet[Any]", seen: Seen) -> None:
    """Note when a picture is shown, and decode it if it stands by itself."""
    base = packet.time_base
    if packet.pts is not None and base is not None:
        at = float(packet.pts * base)
        seen.begins = at if seen.begins is None else min(seen.begins, at)
        seen.ends = max(seen.ends, at + float((packet.duration or 0) * base))
        seen.broken |= packet.is_corrupt
    try:
        for frame in packet.decode():
            seen.pictures += 1
            if frame.width * frame.height > MOST_PIXELS:  # it may change on its way
                raise Faulty(TOO_LARGE, **seen.found())
    except av.error.InvalidDataError:
        seen.broken = True


def listen(packet: "Packet[Any]", windows: Graph | None, heard: Heard) -> Graph | None:
    """Hear what is in a packet, as of sound alone."""
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        heard.broken = True
        return windows
    for frame in frames:
        if isinstance(frame, av.AudioFrame):
            windows = windows or sound.in_windows(frame, heard)
            windows.push(frame)
            sound.note(windows, heard)
    return windows
