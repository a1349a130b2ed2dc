"""What a crew remembers of a run beside its ledgers: basements, pictures, looks, forks."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Basement:
    """A time without a signal: from when until when, by `time.time`, and whether somebody
    called for help meanwhile.
    """

    visit: str
    since: float
    until: float
    help: bool


@dataclass(frozen=True)
class Picture:
    """A photo that was noted before its pair left, and was sent whole after that.

    `receipt` is what the gateway signed for it.
    """

    visit: str
    media: str
    device: str
    sha256: str
    receipt: str


@dataclass
class Noted:
    """Of one crew; `looks` are the visits of whose pictures it was shown one sharp, and
    `forks` the phones and numbers of which it has told two histories.
    """

    basements: list[Basement] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    looks: list[tuple[str, str]] = field(default_factory=list)
    forks: list[tuple[str, int]] = field(default_factory=list)
    #: Phones that have sent something before what lies before it.
    hasty: set[str] = field(default_factory=set)
