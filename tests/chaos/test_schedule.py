"""A seed gives its schedule, each part has its share, and is up before its next fault."""

from collections import Counter

from chaos.faults import schedule

PARTS = ("database", "broker", "relay", "services", "worker", "projector", "gateway")


def test_a_seed_replays_its_schedule_and_no_other() -> None:
    one, same, other = (schedule.plan(seed, 300, 100, PARTS) for seed in (7, 7, 8))

    assert one == same
    assert one != other


def test_five_minutes_have_a_hundred_kills_and_every_part_its_share() -> None:
    faults = schedule.plan(1, 300, 100, PARTS)
    hits = Counter(fault.part for fault in faults)
    kills = Counter(fault.part for fault in faults if fault.kind == "kill")

    assert sum(kills.values()) == 100
    assert min(hits.values()) >= 8
    assert min(kills["broker"], kills["database"]) >= 5
    assert all(0 < fault.at_s < 300 for fault in faults)


def test_a_part_has_one_fault_at_a_time() -> None:
    for part in PARTS:
        faults = [f for f in schedule.plan(3, 300, 100, PARTS) if f.part == part]
        ends = [fault.at_s + fault.away_s for fault in faults]
        begins = [fault.at_s for fault in faults]

        assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
