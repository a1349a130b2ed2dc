"""What a run says at its end: recoveries, checks, violations, and the six counters."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from chaos.crews.ledger import Told
from chaos.flows import FLOWS, PLATFORM, flow_of
from chaos.oracle import CHECKS, judge, landed, outside, sealed
from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Violation
from chaos.run import Outcome
from chaos.watch import BACKLOG_S, Recovery, percentile, recoveries

#: Violations of a check that are printed; their number always is.
SHOWN = 8
HEADING = (
    f"{'recovery, s':<18} {'n':>4} {'p50':>6} {'p99':>6}  after    p99 alone  after    p99"
    " allowed kept"
)


class Report:
    """The end of a run, as lines."""

    def __init__(self, outcome: Outcome, visits: int = 0) -> None:
        self.visits = visits
        self.outcome, self.told = outcome, outcome.evidence.told
        self.violations = judge(outcome.evidence)
        self.recoveries = recoveries(outcome.done, self.told, outcome.ticks)
        self.counters = counted(self.told, self.violations)

    @property
    def green(self) -> bool:
        """Tell whether nothing was wrong, and that all faults and visits were had."""
        enough = len(self.outcome.done) >= self.outcome.planned
        return enough and self.outcome.visits >= self.visits and not self.violations

    def lines(self) -> Iterator[str]:
        yield from self.faults()
        yield from self.work()
        yield from self.checks()
        yield from self.flows()
        yield " ".join(f"{name}={count}" for name, count in self.counters.items())

    def faults(self) -> Iterator[str]:
        """Each kind of fault, and how long until the first success after it."""
        done, planned = self.outcome.done, self.outcome.planned
        kills = sum(each.fault.kind == "kill" for each in done)
        yield f"faults: {len(done)} of {planned} planned, {kills} of them kill -9"
        yield HEADING
        by_name: dict[str, list[Recovery]] = defaultdict(list)
        for each in self.recoveries:
            by_name[each.name].append(each)
        for name, found in sorted(by_name.items()):
            yield recovered(name, found)
        counts = Counter(each.fault.name for each in done)
        del counts["freeze worker"], counts["block arrivals"]  # nobody waits for them
        missing = {n: c - len(by_name[n]) for n, c in counts.items() if c > len(by_name[n])}
        if missing:
            yield f"no success after them: {missing}"

    def timeline(self) -> Iterator[str]:
        """Each fault: when it was, of what, for how long, and when all was well again."""
        first = min((each.began for each in self.recoveries), default=0.0)
        for each in self.recoveries:
            away = each.whole_s - each.after_s
            words = f"{each.began:.1f} {each.began - first:>6.1f} {each.name:<18}"
            yield f"{words} away {away:>5.1f} well after {each.whole_s:>5.1f}"

    def work(self) -> Iterator[str]:
        """What was asked, and what of it was answered how."""
        evidence = self.outcome.evidence
        answers = Counter(
            f"{told.operation.name} {told.answer.said if told.answer else 'unknown'}"
            for told in self.told
        )
        for name, count in sorted(answers.items()):
            yield f"  {count:>6} {name}"
        tries = [each for told in self.told for each in told.tries]
        failed = Counter(
            each.said if each.status else "no answer" for each in tries if each.failed
        )
        made = f"visits: {self.outcome.visits} begun, of {self.visits} wanted at least"
        yield f"{made}; phones: {self.outcome.phones}"
        yield f"tries: {len(tries)}, of them failed: {dict(failed)}"
        again = Counter(each.why for each in tries)
        forbidden = [each.operation.forbidden for each in self.told]
        kinds = Counter(each for each in forbidden if each)
        yield f"sent again: {again['again']}, with other content: {again['other']}; " + (
            f"forbidden attempts: {kinds.total()} of {len(forbidden)} orders"
        )
        yield from (f"  {count:>6} {kind}" for kind, count in sorted(kinds.items()))
        sent = sum(each.sent for each in evidence.poison)
        yield (
            f"events: {len(evidence.said)} said, {self.outcome.echoed} said twice by us, "
            + (f"{sent} of poison, {len(evidence.held)} parked")
        )
        searched = ", ".join(f"{n} {kind}" for kind, n in evidence.searched.items())
        yield f"planted words were looked for in {searched}"
        yield from landed.in_words(evidence)
        yield from sealed.in_words(evidence)
        yield from outside.in_words(evidence)
        healed_s = self.outcome.healed_s
        kept = "yes" if healed_s < BACKLOG_S else "NO"
        yield (
            f"healed {healed_s:.1f} s after the last fault; allowed {BACKLOG_S:.0f}: {kept}"
            f"; jobs done after {self.outcome.worked_s:.1f} s"
        )

    def checks(self) -> Iterator[str]:
        by_check: dict[str, list[Violation]] = defaultdict(list)
        for each in self.violations:
            by_check[each.check].append(each)
        for name in CHECKS:
            wrong = by_check[name]
            yield f"check: {name}: {f'{len(wrong)} WRONG' if wrong else 'ok'}"
            yield from (f"  {each.counts_as}: {each.says}" for each in wrong[:SHOWN])

    def flows(self) -> Iterator[str]:
        """The six counters of each flow, and what no loss in so many orders tells."""
        yield (
            f"{'flow':<12} "
            + " ".join(f"{name:>12}" for name in self.counters)
            + (f" {'lost < (95 %)':>14}")
        )
        for name in (*(flow.name for flow in FLOWS), PLATFORM):
            told = [each for each in self.told if flow_of(each.operation.name) == name]
            wrong = [each for each in self.violations if flow_of(each.about) == name]
            yield counters_of(name, counted(told, wrong))
        yield counters_of("all", self.counters)


def counted(told: Sequence[Told], wrong: Iterable[Violation]) -> dict[str, int]:
    """Return the six counters of some orders and of what is wrong with them."""
    acknowledged = [each for each in told if each.acknowledged]
    kinds = Counter(each.counts_as for each in wrong)
    return {
        "attempted": len(told),
        "acknowledged": len(acknowledged),
        "lost": kinds[LOST],
        "duplicated": kinds[DUPLICATED],
        "recovered": sum(each.recovered for each in acknowledged),
        "unexpected": kinds[UNEXPECTED],
    }


def counters_of(name: str, counters: Mapping[str, int]) -> str:
    """Return the line of a flow. Without a loss among n, its rate is below 3/n."""
    n = 0 if counters["lost"] else counters["acknowledged"]
    counts = " ".join(f"{count:>12}" for count in counters.values())
    return f"{name:<12} {counts} {f'{min(1, 3 / n):.2%}' if n else '-':>14}"


def recovered(name: str, found: list[Recovery]) -> str:
    """Return one line of the table: from the beginning, from when it was over, alone.

    Whether it is as was promised is said of those alone; of none, nothing.
    """
    whole = [each.whole_s for each in found]
    after = [each.after_s for each in found]
    alone = [each.after_s for each in found if each.alone]
    allowed = found[0].allowed_s
    kept = ("yes" if percentile(alone, 0.99) < allowed else "NO") if alone else "-"
    return (
        f"{name:<18} {len(found):>4} {both(whole)} {both(after)} {len(alone):>5}"
        f" {both(alone)} {allowed:>7.0f} {kept:>4}"
    )


def both(values: Sequence[float]) -> str:
    if not values:
        return f"{'-':>6} {'-':>6}"
    return f"{percentile(values, 0.5):>6.1f} {percentile(values, 0.99):>6.1f}"
