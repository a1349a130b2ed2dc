"""What a fact means for others, and what it ends. What was done is judged, and marked."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from chassis.errors import Conflict
from chassis.unit import Unit
from proto.base import Sealed
from proto.decision import Act
from proto.facts import (
    Appointment,
    CashHanded,
    Circumstance,
    ComplaintMade,
    Conduct,
    ConsentGiven,
    ConsentWithdrawn,
    DebtDiscussed,
    Disputed,
    Entered,
    Left,
    LetterGiven,
    MoneyLeft,
    Objected,
    PaidByChannel,
    PartnerGone,
    PaymentCodeShown,
    Recording,
    ThirdPartyAnswer,
    WrongAddress,
)
from proto.field_visit import (
    AddressFoundWrong,
    CashTaken,
    Cause,
    CircumstanceNoted,
    ComplaintHeard,
    ConsentRecorded,
    DebtDisputed,
    EntryDeclined,
    EntryVerdict,
    LetterHandedOver,
    MoneyLeftBehind,
    PaymentTold,
    PremisesEntered,
    PremisesLeft,
)
from rulebook import Payment
from services.field_visit.handlers import (
    checklists,
    codes,
    endings,
    hours,
    judging,
    permits,
    timers,
    verdicts,
)
from services.field_visit.handlers.facts import NOTHING_MORE, Asked
from services.field_visit.handlers.verdicts import Found, Written, judge_deed
from services.field_visit.model import CLOCK_SLACK, LeaveKind, Visit, refuses_recording

#: What a circumstance is sealed for.
HARDSHIP = "visit.hardship"
#: What ends the talk, whoever says it.
Stop = Disputed | Circumstance | ComplaintMade | WrongAddress


def follow(visit: Visit, written: Written, unit: Unit) -> None:
    """Tell others what a fact means, and end the permit it speaks against."""
    match written.entry.fact:
        case ConsentGiven() | ConsentWithdrawn() | Objected() as word:
            hear_word(visit, word, written.at, unit)
        case Disputed() | Circumstance() | ComplaintMade() | WrongAddress() as stop:
            halt(visit, stop, written.at, unit)
        case fact if refuses_recording(fact):
            leave_in_peace(visit, written.at, unit)
        case ThirdPartyAnswer(answer=answer) if answer != "agrees":
            permits.end_third_party(visit, unit)
        case Appointment() as named if written.counts:
            hours.keep_appointment(visit, named, written.device_id, written.entry, unit)
        case _:
            look_at(visit, written, unit)


def look_at(visit: Visit, written: Written, unit: Unit) -> None:
    """Judge what the pair did, and tell others of it."""
    match written.entry.fact:
        case Entered():
            told = PremisesEntered(**when(visit, written, unit))
            unit.emit(told, visit.case_id)
            verdicts.judge_entry(visit, written, unit)
        case CashHanded() as handed:
            judge_cash(visit, handed, written, unit)
        case LetterGiven() as given:
            judge_letter(visit, given, written, unit)
        case DebtDiscussed():
            judge_deed(visit, Act.DISCUSS_DEBT, NOTHING_MORE, written, unit)
        case PaymentCodeShown() as shown:
            codes.judge_shown(visit, shown.sha256, written, unit)
        case Conduct() | Recording():
            checklists.judge(visit, written, unit)
        case PartnerGone() as gone:
            endings.end_early(visit, Cause(gone.cause), written.at, unit)
        case _:
            tell(visit, written, unit)


def tell(visit: Visit, written: Written, unit: Unit) -> None:
    """Tell others of what is no matter of any rule."""
    about = when(visit, written, unit)
    match written.entry.fact:
        case Left():
            unit.emit(PremisesLeft(**about), visit.case_id)
        case MoneyLeft() as left:
            endings.judge_report(visit, written.at, unit)
            its = left.model_dump(exclude={"kind"})
            unit.emit(MoneyLeftBehind(**about | its), visit.case_id)
        case PaidByChannel() as paid:
            unit.emit(PaymentTold(**about, paid_by=paid.channel), visit.case_id)
            codes.judge_paid(visit, paid, written, unit)


def when(visit: Visit, written: Written, unit: Unit) -> dict[str, Any]:
    """Return what every event of a visit carries, with the entry's own moment."""
    return judging.about(visit, unit) | {"at": written.at}


def hear_word(
    visit: Visit,
    word: ConsentGiven | ConsentWithdrawn | Objected,
    at: datetime,
    unit: Unit,
) -> None:
    """Somebody said yes or no to having the pair inside. No permit outlives a no."""
    about = judging.about(visit, unit) | {"at": at}
    if isinstance(word, ConsentGiven):
        said = ConsentRecorded(**about, answer=word.answer, by=word.by)
        unit.emit(said, visit.case_id)
        if word.answer == "given":
            return
    unit.emit(EntryDeclined(**about, by=word.by), visit.case_id)
    permits.end_entry(visit, at, unit)
    timers.start_exit(visit, at, unit)


def halt(visit: Visit, stop: Stop, at: datetime, unit: Unit) -> None:
    """End all that was allowed, and tell whoever holds the case.

    That somebody is not where they said they would be closes no address of theirs.
    """
    about = judging.about(visit, unit) | {"at": at}
    match stop:
        case Disputed():
            unit.emit(DebtDisputed(**about, claim=stop.claim), visit.case_id)
        case Circumstance():
            sealed = hardship(visit, stop, unit)
            unit.emit(CircumstanceNoted(**about, hardship=sealed), visit.case_id)
        case ComplaintMade():
            unit.emit(ComplaintHeard(**about), visit.case_id)
        case WrongAddress() if visit.appointment_id is None:
            unit.emit(AddressFoundWrong(**about, how=stop.how), visit.case_id)
    permits.end_asks(visit, at, unit)
    timers.start_exit(visit, at, unit)


def leave_in_peace(visit: Visit, at: datetime, unit: Unit) -> None:
    """Somebody does not want to be recorded: all that was allowed ends, and nobody is
    blamed (S11). The pair leaves; without a record there is nothing to stay for (21.088).
    """
    permits.end_asks(visit, at, unit)
    timers.start_exit(visit, at, unit)


def hardship(visit: Visit, fact: Circumstance, unit: Unit) -> Sealed:
    """Seal which one it is: for the bank alone. Of a shredded case the box is empty: it
    opens as little as any other that was sealed under a key that is gone.
    """
    which = fact.hardship.value if fact.hardship else "unsaid"
    try:
        return unit.keyring.seal(visit.case_id, HARDSHIP, which)
    except Conflict:
        return Sealed(key_id=visit.case_id, purpose=HARDSHIP, nonce="", box="")


def judge_cash(visit: Visit, handed: CashHanded, written: Written, unit: Unit) -> None:
    """Money was taken: told to recovery; a breach unless it is what was allowed, once."""
    about = when(visit, written, unit)
    about |= {"amount": handed.amount, "currency": handed.currency}
    unit.emit(CashTaken(**about, taken=visit.door.cash_handed), visit.case_id)
    if was_allowed(visit, handed, written.at):
        verdicts.mark(visit, Act.COLLECT_CASH, written, Found(EntryVerdict.FINE), unit)
    else:
        paid = Payment("cash", handed.amount, handed.currency)
        judge_deed(visit, Act.COLLECT_CASH, Asked(payment=paid), written, unit)


def was_allowed(visit: Visit, handed: CashHanded, at: datetime) -> bool:
    """Tell whether a permit of this visit covers all that was taken by now."""
    leave = visit.leave(LeaveKind.CASH)
    if leave is None or leave.used_by != visit.id or leave.used_for is None:
        return False
    amount, _, currency = leave.used_for.partition(" ")
    enough = visit.door.cash_handed <= Decimal(amount)
    return enough and currency == handed.currency and leave.covers(at, CLOCK_SLACK)


def judge_letter(visit: Visit, given: LetterGiven, written: Written, unit: Unit) -> None:
    """A letter was given away: a breach if it might not be given so."""
    judge_deed(visit, Act.HAND_OVER_LETTER, Asked(handing=given.how), written, unit)
    if visit.paper_id:
        about = when(visit, written, unit)
        handed = LetterHandedOver(**about, paper_id=visit.paper_id, how=given.how)
        unit.emit(handed, visit.case_id)
