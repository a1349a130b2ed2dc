"""Cash at a door: not without the bank's leave, and by that once, whoever asks first.

Both of the pair ask in the same moment for what may be used once, each by their own
phone, and both write the receipt in the same moment.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chaos.crews import attempts
from chaos.crews.acts import REFUSED, Acts
from chaos.crews.ledger import Told
from chaos.crews.sorts import Planned
from chaos.crews.stories.door import opened, whole
from proto import ids
from proto.facts import CashHanded
from proto.field_visit import CollectCash
from proto.recovery import AuthoriseCash, BankCash, IssueReceipt, RevokeCash

SUM, TOO_MUCH = "900.00", "900.01"
#: Who was allowed and has not heard it when the other one is refused: a refusal ends what
#: was allowed at this door before, and both ask anew.
ENDED = "409 permit-revoked"
#: In one of so many rounds through all kinds, and not the first, it is taken all the same.
ROUNDS = 3
#: Of two receipts in the same moment one is refused: the leave was for one.
SPENT, NOT_HEARD = "409 cash-authority-is-not", "409 cash-not-allowed-yet"


def without_authority(acts: Acts, visit: Planned) -> None:
    """Cash is offered, and the bank has not said that it may be taken."""
    sorts, kind = acts.crew.sorts, attempts.NO_AUTHORITY.kind
    if not sorts.has(kind):
        return whole(acts, visit)
    acts.crew.visits.appendleft(visit)  # that one is for later
    here = sorts.next(kind)
    acts.check_in(here, "200")
    opened(acts, here)
    collect(acts, here, SUM, attempts.NO_AUTHORITY)
    if acts.crew.turn // len(attempts.BY_TURNS) % ROUNDS == 1:
        acts.journal(here, CashHanded(amount=SUM))  # taken all the same: kept, and marked
    else:
        once(acts, here)
    return acts.check_out(here)


def once(acts: Acts, here: Planned) -> None:
    """The bank allows it once: two phones, one permit, one receipt, and then no more."""
    authority = authorised(acts, here)
    if acts.now_and_then(0.2):
        return taken_back(acts, here, authority)
    acts.until_one_may(lambda: both_ask(acts, here))
    if acts.now_and_then(0.3):
        collect(acts, here, TOO_MUCH, attempts.ABOVE_THE_CAP)
    receipt = receipted(acts, here, authority)
    acts.journal(here, CashHanded(amount=SUM))
    acts.past(receipt)
    if acts.now_and_then(0.5):
        collect(acts, here, SUM, attempts.NO_AUTHORITY)
    return banked(acts, here, receipt)


def taken_back(acts: Acts, here: Planned, authority: str) -> None:
    """The bank takes its leave back while both ask by it."""
    whose = {"case_id": str(here.case_id)}
    both_ask(acts, here)
    officer, about = acts.crew.officer, UUID(authority)
    acts.past(acts.asked_by(officer, RevokeCash, about, whose, "200"))
    collect(acts, here, SUM, attempts.NO_AUTHORITY)


def both_ask(acts: Acts, here: Planned) -> list[Told]:
    asked = {"amount": SUM}
    expects = ("200", REFUSED, ENDED)
    return acts.both_at_once(CollectCash, here.visit_id, [asked, asked], *expects)


def collect(acts: Acts, here: Planned, amount: str, forbidden: attempts.Attempt) -> None:
    acts.ask(CollectCash, here, {"amount": amount}, REFUSED, forbidden=forbidden)


def authorised(acts: Acts, here: Planned) -> str:
    """Have an officer allow one sum, for the rest of the day."""
    authority = str(ids.new())
    body = {
        "authority_id": authority,
        "reason": "limited_mobility",
        "cap": SUM,
        "good_until": (acts.crew.door.platform.now() + timedelta(hours=8)).isoformat(),
    }
    acts.asked_by(acts.crew.officer, AuthoriseCash, here.case_id, body, "200")
    return authority


def receipted(acts: Acts, here: Planned, authority: str) -> Told:
    """Have both write the receipt in the same moment, until one of them has."""
    same = {"case_id": str(here.case_id), "authority_id": authority, "amount": SUM}

    def write() -> list[Told]:
        bodies: list[dict[str, Any]] = [
            same | {"receipt_id": str(ids.new())} for _ in acts.crew.askers
        ]
        expects = ("200", SPENT, NOT_HEARD)
        return acts.both_at_once(IssueReceipt, here.visit_id, bodies, *expects)

    return acts.until_one_may(write)


def banked(acts: Acts, here: Planned, receipt: Told) -> None:
    """Pay it in, by the number of the slip."""
    reply = receipt.answer.reply if receipt.answer else None
    receipt_id = (reply or {})["receipt_id"]
    paid = {"case_id": str(here.case_id), "amount": SUM, "slip": f"JC-{receipt_id}"}
    acts.asked_by(acts.crew.boss, BankCash, receipt_id, paid, "200")
