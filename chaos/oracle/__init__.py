"""The checks of a run. Each yields what must not be, and names itself in it."""

from collections.abc import Callable, Iterator

from chaos.oracle.acknowledged import acknowledged_once
from chaos.oracle.applied import applied_once_in_order
from chaos.oracle.chain import audit_chain_whole
from chaos.oracle.files import files_there_and_equal
from chaos.oracle.folded import state_is_the_fold
from chaos.oracle.forbidden import nothing_forbidden_allowed
from chaos.oracle.hung import no_process_hung
from chaos.oracle.landed import facts_land_once
from chaos.oracle.one_to_one import change_and_outbox
from chaos.oracle.outside import outside_once
from chaos.oracle.pairs import two_at_every_door
from chaos.oracle.parked import nothing_parked
from chaos.oracle.permitted import only_as_allowed
from chaos.oracle.personal import nothing_personal
from chaos.oracle.recorded import recorded_or_a_gap
from chaos.oracle.same_answer import same_id_same_answer
from chaos.oracle.sealed import each_bundle_verifies
from chaos.remains.evidence import Evidence, Violation

Check = Callable[[Evidence], Iterator[Violation]]

CHECKS: dict[str, Check] = {
    "acknowledged once": acknowledged_once,
    "same id, same answer": same_id_same_answer,
    "change and outbox one to one": change_and_outbox,
    "applied once, in order": applied_once_in_order,
    "state equals the fold of events": state_is_the_fold,
    "nothing forbidden allowed": nothing_forbidden_allowed,
    "entry and cash only as allowed": only_as_allowed,
    "no active visit with fewer than two": two_at_every_door,
    "accepted files there and equal": files_there_and_equal,
    "recorded or a gap told of": recorded_or_a_gap,
    "nothing personal in the clear": nothing_personal,
    "nothing parked but poison": nothing_parked,
    "no process hung": no_process_hung,
    "facts land once": facts_land_once,
    "each bundle verifies": each_bundle_verifies,
    "audit chain whole": audit_chain_whole,
    "outside once or unknown": outside_once,
}


def judge(evidence: Evidence) -> list[Violation]:
    """Return everything that must not be."""
    return [violation for check in CHECKS.values() for violation in check(evidence)]
