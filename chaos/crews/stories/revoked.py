"""What the bank or a supervisor takes back while a pair stands at the door."""

from chaos.crews import attempts
from chaos.crews.acts import LEAVING, REFUSED, UNCLEARED, Acts
from chaos.crews.ledger import Told
from chaos.crews.sorts import Planned
from chaos.crews.stories.door import CONFIRMED, DEBTOR, INTRODUCED, RECORDING
from proto.dispatch import HoldCase, ResumeCase
from proto.letters import RevokeAuthorisation
from proto.workforce import RevokeDevice


def version_of(told: Told) -> int:
    """The version of the case that an answer shows; 1 when there is none, as if unseen."""
    reply = told.answer and told.answer.reply
    return int((reply or {}).get("version", 1))


def held(acts: Acts, visit: Planned) -> None:
    """The bank holds the case while the pair is at the door, and resumes it."""
    acts.check_in(visit, "200")
    if acts.now_and_then(0.5):
        acts.journal(visit, RECORDING, INTRODUCED, DEBTOR, CONFIRMED)
    case, officer, why = visit.case_id, acts.crew.officer, {"reason": "disputed"}
    held = acts.asked_by(officer, HoldCase, case, why, "200")
    if acts.now_and_then(0.5):
        acts.discuss(visit, "200", REFUSED, UNCLEARED, "409 permit-revoked")
    acts.past(held)
    for _ in range(acts.luck.randint(1, 3)):
        ask_what_is_forbidden(acts, visit, attempts.HELD)
    seen = why | {"version": version_of(held)}
    acts.asked_by(officer, ResumeCase, case, seen, "200")
    acts.check_in(visit, "200", REFUSED)
    acts.check_out(visit)


def lost_phone(acts: Acts, visit: Planned) -> None:
    """A phone is revoked while its pair is at the door."""
    lost = acts.crew.spares.pop()
    pair = (lost, acts.crew.door.pair[1])
    acts.check_in(visit, "200", pair=pair)
    device, why = lost.phone.device_id, {"reason": "left in a taxi"}
    acts.past(acts.asked_by(acts.crew.boss, RevokeDevice, device, why, "200"))
    still = pair if acts.now_and_then(0.5) else None  # by that phone, or by another
    acts.check_in(visit, LEAVING, pair=still, forbidden=attempts.LOST_PHONE)
    acts.check_out(visit)


def revoked_letter(acts: Acts, planned: Planned) -> None:
    """The letter of a visit is revoked while its pair is at the door."""
    acts.crew.visits.appendleft(planned)  # that one is for later
    letter, visit = acts.crew.doomed.pop()
    acts.check_in(visit, "200")
    why = {"reason": "the pair was changed"}
    officer = acts.crew.officer
    acts.past(acts.asked_by(officer, RevokeAuthorisation, letter, why, "200"))
    ask_what_is_forbidden(acts, visit, attempts.REVOKED_LETTER)
    acts.check_out(visit)


def ask_what_is_forbidden(acts: Acts, visit: Planned, why: attempts.Attempt) -> None:
    if acts.now_and_then(0.5):
        acts.check_in(visit, REFUSED, LEAVING, forbidden=why)
    else:
        acts.discuss(visit, REFUSED, UNCLEARED, LEAVING, forbidden=why)
