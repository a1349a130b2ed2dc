"""Check 2: the same key gives the same answer; with another content it is refused."""

from collections.abc import Iterator

from chaos.crews.ledger import Told, Try
from chaos.remains.evidence import DUPLICATED, UNEXPECTED, Evidence, Violation

NAME = "same id, same answer"
OTHER_CONTENT = {"receive_media": "409 upload-of-another-content"}
OTHERWISE = "422 key-of-another-content"
#: A fact that landed once is answered by the service once that has it, and the reverse.
TAKEN = ("200", "202")
#: What else may be said when an allowance is asked for again: that it has gone.
PERMIT_GONE = (
    "409 permit-expired",
    "409 permit-revoked",
    "409 visit-closed",
    "409 not-checked-in",
    "409 visit-leaving",
    "403 not-allowed",
    "403 device-revoked",
    "409 cash-authority-is-not",
)


def same_id_same_answer(evidence: Evidence) -> Iterator[Violation]:
    for told in evidence.told:
        for each in told.tries:
            if not each.failed and (says := wrong_of(told, each)):
                changed = each.why == "again" and each.reply is not None
                counts_as = DUPLICATED if changed else UNEXPECTED
                name = told.operation.name
                what = f"{name} {told.operation.key} ({each.why})"
                yield Violation(NAME, counts_as, f"{what}: {says}", name)


def wrong_of(told: Told, each: Try) -> str:
    """Return what is wrong with an answer; nothing when it is as it should be."""
    answer = told.answer
    if each.why == "first":
        fits = each.said in told.operation.expects
        return "" if fits else f"answered {each.said}, not {told.operation.expects}"
    if each.why == "other":
        wanted = OTHER_CONTENT.get(told.operation.name, OTHERWISE)
        return "" if each.said == wanted else f"answered {each.said}"
    if answer and each.why == "again" and (answer.landed or each.landed):
        return "" if each.said in TAKEN else f"answered {each.said}, and before it landed"
    if answer and is_permit(answer) and each.said in PERMIT_GONE:
        return ""
    if answer and (each.said, each.reply) == (answer.said, answer.reply):
        return ""
    return f"answered {each.said}, and before {answer.said if answer else 'nothing'}"


def is_permit(answer: Try) -> bool:
    """Tell whether an answer allows something until a certain moment."""
    decision = (answer.reply or {}).get("decision") or {}
    return decision.get("good_until") is not None
