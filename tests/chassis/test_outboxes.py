"""What the relay carries together, and what it may forget."""

from chassis.outboxes import BATCH, DELETE, UPDATE, Batch, Row, loads, marking


def batch(lane: str, service: str, rows: int) -> Batch:
    said = {"type": f"{service}.something_happened"}
    return Batch(lane, service, [Row(number, 1, said) for number in range(rows)])


def test_batches_of_one_lane_travel_together_up_to_the_size_of_one() -> None:
    few = batch("urgent", "dispatch", 1), batch("urgent", "recovery", BATCH - 1)
    more, due = batch("urgent", "workforce", 1), batch("due", "workforce", 1)
    full = batch("normal", "dispatch", BATCH), batch("normal", "letters", 1)

    found = loads([*few, more, due, *full])

    assert found == [[*few], [more], [due], [full[0]], [full[1]]]


def test_not_every_statement_that_was_ever_made_is_kept() -> None:
    """There are as many as there are sets of outboxes that had something to say."""
    assert marking.cache_info().maxsize is not None


def test_only_ticks_may_be_forgotten_with_the_power() -> None:
    ticks, events = (DELETE, "dispatch", "rows0"), (UPDATE, "letters", "rows1")

    forgettable = {
        parts: b"synchronous_commit" in marking(parts)
        for parts in ((ticks,), (events,), (ticks, events))
    }

    assert forgettable == {(ticks,): True, (events,): False, (ticks, events): False}
