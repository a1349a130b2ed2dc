"""A seed gives its schedule, each part has its share, and is up before its next fault."""

from collections import Counter

from chaos.faults import schedule
from chaos.faults.proxy.modes import Mode
from chaos.faults.schedule import PARTS, Counts, Fault

#: A night of every kind of fault.
NIGHT = Counts(kills=200, freezes=20, cuts=20, alarms=1, losses=1, blocks=1)


def plan(seed: int, counts: Counts = NIGHT, seconds: float = 900) -> list[Fault]:
    return schedule.plan(seed, seconds, counts, PARTS)


def test_a_seed_replays_its_schedule_and_no_other() -> None:
    one, same, other = (plan(seed) for seed in (7, 7, 8))

    assert one == same
    assert one != other


def test_five_minutes_have_a_hundred_kills_and_every_process_its_share() -> None:
    faults = plan(1, Counts(100), 300)
    hits = Counter(fault.part for fault in faults)
    kills = Counter(fault.part for fault in faults if fault.kind == "kill")

    assert sum(kills.values()) == 100
    assert min(hits[part] for part in schedule.KILLS) >= 8
    assert min(kills["broker"], kills["database"]) >= 5
    assert all(0 < fault.at_s < 300 for fault in faults)


def test_two_hundred_kills_are_enough_of_those_that_hurt_most() -> None:
    kinds = Counter(fault.kind for fault in plan(1))
    kills = Counter(fault.part for fault in plan(1) if fault.kind == "kill")

    assert kinds == {
        "kill": 200,
        "freeze": 20,
        "cut": 20,
        "alarm": 1,
        "lose": 1,
        "block": 1,
    }
    assert kills["broker"] >= 25
    assert kills["database"] >= 15
    assert kills["gateway"] >= 20


def test_where_the_services_run_twice_each_has_half_of_what_one_would_have() -> None:
    once, twice = (
        Counter(each.name for each in schedule.plan(1, 300, Counts(100), parts))
        for parts in (PARTS, (*PARTS, "services-2"))
    )

    assert sum(once.values()) == sum(twice.values())
    for kind in ("kill", "freeze"):
        first, second = twice[f"{kind} services"], twice[f"{kind} services-2"]
        assert first + second == once[f"{kind} services"]
        assert 0 <= first - second <= 1


def test_who_names_the_services_means_both_of_their_processes() -> None:
    there = ("database", "services", "gateway", "services-2")

    assert schedule.chosen(there, ()) == [*there]
    assert schedule.chosen(there, ("gateway",)) == ["gateway"]
    assert schedule.chosen(there, ("gateway", "services")) == [*there[1:]]
    assert schedule.chosen(there[:3], ("services",)) == ["services"]


def test_cuts_are_of_every_link_and_of_every_kind() -> None:
    cuts = [each for seed in range(3) for each in plan(seed) if each.kind == "cut"]

    assert {each.part for each in cuts} == set(schedule.CUTS)
    hows = {each.mode.how for each in cuts if each.mode}
    assert hows == {"latency", "drop", "half-open", "reset", "slow", "one-way"}
    assert all(1 <= each.away_s <= 10 for each in cuts)


def test_a_part_has_one_fault_at_a_time() -> None:
    for part in PARTS:
        faults = [f for f in plan(3) if f.part == part]
        ends = [fault.at_s + fault.away_s for fault in faults]
        begins = [fault.at_s for fault in faults]

        assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))


def test_only_those_that_are_named_have_faults() -> None:
    counts = Counts(kills=4, cuts=2, alarms=1)

    faults = schedule.plan(1, 60, counts, ("relay", "to broker"))

    assert Counter(each.name for each in faults if each.kind != "freeze") == {
        "kill relay": 4,
        "cut to broker": 2,
    }
    assert all(isinstance(each.mode, Mode) for each in faults if each.kind == "cut")
