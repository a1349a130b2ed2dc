"""How far a visit has come, and how it ended."""

from enum import StrEnum


class VisitState(StrEnum):
    PLANNED = "planned"
    ARRIVING = "arriving"
    CLEARED = "cleared"
    LEAVING = "leaving"  # cut short: nothing more is allowed but to leave
    CLOSED = "closed"


class Ending(StrEnum):
    """How a visit ended, as the pair tells it; only the last is never theirs to tell."""

    TALKED = "talked"
    NOBODY_HOME = "nobody_home"
    THIRD_PARTY = "third_party"
    NOT_ADMITTED = "not_admitted"
    DECLINED = "declined"  # 客户拒绝
    WRONG_ADDRESS = "wrong_address"
    ENDED_EARLY = "ended_early"  # one of the two could not go on, or was in danger (S14)
    NEVER_ENDED = "never_ended"  # nobody checked out


class Cause(StrEnum):
    """Why a visit ended early. Which of the two it was is not said."""

    ILL = "ill"
    PHONE_DEAD = "phone_dead"
    WALKED_OFF = "walked_off"
    OUT_OF_SERVICE = "out_of_service"
    DANGER = "danger"


class Danger(StrEnum):
    """What somebody called for help about (S13). Sealed: it may be about the debtor."""

    VIOLENCE = "violence"
    ANIMAL = "animal"
    LOCKED_IN = "locked_in"
    SELF_HARM = "self_harm"
    MEDICAL = "medical"
    OTHER = "other"


class Watch(StrEnum):
    """Who is told that nobody has acted on a cry for help, one after the other."""

    SUPERVISOR = "supervisor"
    BANK_OFFICER = "bank_officer"
    EVERYBODY = "everybody"


class Irregularity(StrEnum):
    """What is odd about what a phone sent. It is kept, and it is told of."""

    GAP = "gap"  # something was sent before what lies before it
    FORK = "fork"  # another entry of this number is kept
    UNLINKED = "unlinked"  # it does not follow the entry before it
    BAD_SIGNATURE = "bad_signature"  # the phone did not sign this batch
    UNSIGNED = "unsigned"  # the batch's signature does not reach this entry
    MALFORMED = "malformed"  # it cannot be read
    STRAY = "stray"  # it is of a visit that is not this person's
    OFF_DUTY = "off_duty"  # a position outside the shift; it was not kept
    CLOCK_BACK = "clock_back"  # the monotonic clock went back in one boot
    CLOCK_TORN = "clock_torn"  # its moments contradict each other
    GIVEN_UP = "given_up"  # what lies before it never came


class EntryVerdict(StrEnum):
    """What the rules say of an entry."""

    FINE = "fine"
    BREACH = "breach"
    SUSPECTED = "suspected"
    UNKNOWING = "unknowing"  # forbidden, but the phone could not know
    NOT_JUDGED = "not_judged"
