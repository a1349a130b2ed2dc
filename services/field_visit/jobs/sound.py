"""Sound, listened to in a child: decoded to its end, as long as what came out of it.

What is measured is told and judged by nobody: how much of it is silent and how much is
clipped. Memory stays the same however long it is.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.filter import Graph

from services.field_visit.jobs import endings
from services.field_visit.jobs.faults import (
    NO_SOUND,
    OTHER_TYPE,
    TOO_LARGE,
    UNREADABLE,
    Faulty,
    refuse_other_type,
)

#: FFmpeg's container and decoders of each type that may be sent. It tries no others.
KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "audio/mp4": ("mov", frozenset({"aac"})),
    "audio/ogg": ("ogg", frozenset({"opus", "libopus", "vorbis"})),
    "audio/mpeg": ("mp3", frozenset({"mp3", "mp3float"})),
    "audio/wav": (
        "wav",
        frozenset(f"pcm_{each}" for each in ("u8", "s16le", "s24le", "s32le", "f32le")),
    ),
}
LONGEST_S = 8 * 3600
#: Samples a second of the least that anybody's speech can be heard in.
LEAST_RATE = 8000
#: A window of a tenth of a second is silent below this root mean square, in decibels of
#: full scale. No norm says so: it lies between a quiet room in a phone and speech.
WINDOWS_A_SECOND, SILENT_DBFS = 10, -50.0
#: Three samples in a row that reach 0.999 of full scale are clipped. AAC and MP3 ripple
#: such flat tops, so that of them few are seen.
HIGH, LOW = 32735, -32735
CLIPPED = re.compile(rb"\x01{3,}|\x02{3,}")
#: Upper bytes of such samples, as a quick look at most windows.
NEARLY_CLIPPED = (b"\x7f\x7f\x7f", b"\x80\x80\x80")
#: Seconds that a decoder may leave out at both ends of what its header claims.
LEFT_OUT_S = 0.5
RMS = "lavfi.astats.Overall.RMS_level"


@dataclass
class Heard:
    """What came out of the decoder: samples of one channel, and of all what is clipped."""

    rate: int = 0
    channels: int = 1
    samples: int = 0
    silent: int = 0
    clipped: int = 0
    broken: bool = False

    @property
    def seconds(self) -> float:
        return self.samples / self.rate if self.rate else 0.0

    def found(self) -> dict[str, float]:
        """Return it as the fields of an Inspection."""
        if not self.samples:
            return {}
        return {
            "seconds": round(self.seconds, 3),
            "silent": round(self.silent / self.samples, 4),
            "clipped": round(self.clipped / self.samples / self.channels, 4),
        }


def look(task: dict[str, Any]) -> dict[str, Any]:
    """Return what is found in the sound at `path`, as the fields of an Inspection.

    Raises MemoryError.
    """
    try:
        return listened(Path(task["path"]), task["media_type"])
    except Faulty as fault:
        return fault.found


def listened(path: Path, media_type: str) -> dict[str, Any]:
    """Raises Faulty, with what could be heard all the same."""
    if media_type not in KINDS:
        raise Faulty(OTHER_TYPE)
    refuse_other_type(path, media_type)
    kind, decoders = KINDS[media_type]
    heard = Heard()
    claimed = hear(path, kind, decoders, heard)
    if heard.seconds > LONGEST_S:
        raise Faulty(TOO_LARGE, **heard.found())
    short = endings.knows_its_length(path, media_type) and (
        claimed > heard.seconds + LEFT_OUT_S
    )
    broken = heard.broken or short or endings.cut_short(path, media_type)
    if broken or not heard.samples:
        raise Faulty(UNREADABLE, **heard.found())
    if heard.silent == heard.samples:
        raise Faulty(NO_SOUND, **heard.found())
    return heard.found()


def hear(path: Path, kind: str, decoders: frozenset[str], heard: Heard) -> float:
    """Decode it all into `heard`; return the seconds that its header claims.

    Raises Faulty. What breaks in the middle is noted, and what was heard before stays.
    """
    options = {"protocol_whitelist": "file", "codec_whitelist": ",".join(decoders)}
    try:
        with av.open(str(path), format=kind, options=options) as container:
            stream = only_sound(container, decoders)
            claimed = float((stream.duration or 0) * (stream.time_base or 0))
            take(container, stream, heard)
            return claimed
    except (Faulty, MemoryError):
        raise
    except Exception:  # a decoder raises anything at what strangers wrote
        raise Faulty(UNREADABLE, **heard.found()) from None


def only_sound(
    container: av.container.InputContainer, decoders: frozenset[str]
) -> AudioStream:
    """Return its one stream of sound. Raises Faulty when there is a film, or another."""
    streams = container.streams
    if streams.video or len(streams.audio) > 1:
        raise Faulty(OTHER_TYPE)
    if not streams.audio:
        raise Faulty(UNREADABLE)
    (stream,) = streams.audio
    if stream.codec_context is None or stream.codec_context.name not in decoders:
        raise Faulty(OTHER_TYPE)
    return stream


def take(container: av.container.InputContainer, stream: AudioStream, heard: Heard) -> None:
    """Decode packet by packet; one that cannot be read is passed over and noted."""
    windows: Graph | None = None
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            heard.broken = True
            continue
        for frame in frames:
            if windows is None:
                windows = in_windows(frame, heard)
            windows.push(frame)
            note(windows, heard)
        if heard.seconds > LONGEST_S:
            return
    if windows is not None:
        windows.push(None)
        note(windows, heard)


def in_windows(frame: av.AudioFrame, heard: Heard) -> Graph:
    """Return what cuts sound like this frame into windows and measures each.

    Raises Faulty when nobody can be heard at its rate.
    """
    heard.rate, heard.channels = frame.sample_rate, frame.layout.nb_channels
    if heard.rate < LEAST_RATE:
        raise Faulty(UNREADABLE)
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format,
        layout=frame.layout,
        time_base=frame.time_base,
    )
    chain = [
        source,
        graph.add("asetnsamples", f"n={heard.rate // WINDOWS_A_SECOND}:p=0"),
        graph.add(
            "astats",
            "metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level",
        ),
        graph.add("aformat", "sample_fmts=s16p"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*chain).configure()
    return graph


def note(graph: Graph, heard: Heard) -> None:
    """Count the windows that are complete."""
    for window in complete(graph):
        heard.samples += window.samples
        if float(window.metadata[RMS]) < SILENT_DBFS:
            heard.silent += window.samples
        for plane in window.planes:
            heard.clipped += clipped(bytes(plane)[: 2 * window.samples])


def complete(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            window = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(window, av.AudioFrame):
            yield window


def clipped(samples: bytes) -> int:
    """Return how many of one channel's samples (16 bits, this machine's order) are clipped.

    A run is not followed from one window into the next.
    """
    upper = samples[1::2]
    if not any(run in upper for run in NEARLY_CLIPPED):
        return 0
    marks = bytes(1 if s >= HIGH else 2 if s <= LOW else 0 for s in array("h", samples))
    return sum(len(run.group()) for run in CLIPPED.finditer(marks))
