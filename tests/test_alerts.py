"""Alerts and dashboard: about numbers that are counted, and loud when they should be."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict, Field

from chassis.backlog import LOOKS

ROOT = Path(__file__).parent.parent
RULES = ROOT / "deploy/alerts.yml"
DASHBOARD = json.loads((ROOT / "deploy/dashboard.json").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
BY = re.compile(r"\bby \(([^)]*)\)")
LABEL = re.compile(r'(\w+)\s*(?:=~|!=|=)\s*"')
IN_TEXT = re.compile(r"\$labels\.(\w+)|\{\{(\w+)\}\}")
#: Given to each number by Prometheus itself, or to a histogram's parts.
ALWAYS = {"job", "instance", "le"}
VALUES = {
    "lane": {"urgent", "normal", "due"},
    "state": {"waiting", "behind", "parked", "refused", "unknown", "otherwise"},
    "job": {"doorstep"},
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Annotations(Strict):
    summary: str = Field(min_length=10)
    action: str = Field(min_length=20)
    runbook: str


class Alert(Strict):
    alert: str = Field(pattern=r"^Doorstep[A-Z]\w+$")
    expr: str
    for_: str = Field("0s", alias="for", pattern=r"^\d+[smh]$")
    labels: dict[str, str]
    annotations: Annotations


class Group(Strict):
    name: str
    rules: list[Alert]


class Rules(Strict):
    groups: list[Group]


ALERTS = [
    alert
    for group in Rules.model_validate(yaml.safe_load(RULES.read_text())).groups
    for alert in group.rules
]


#: Whoever counts, so that the registry holds what running parts show.
COUNTING = ("chassis.metrics", "gateway.app", "services.oversight.projector.numbers")


def counted() -> dict[str, set[str]]:
    """Every number that a part shows, with its labels."""
    for module in COUNTING:
        import_module(module)
    found: dict[str, set[str]] = {"up": set(), "doorstep_database_up": set()}
    for look in LOOKS:
        found |= {name: set(look.labels) for name in look.gauges}
    for collector, names in REGISTRY._collector_to_names.items():
        labels = set(getattr(collector, "_labelnames", ()))
        found |= {name: labels for name in names if name.startswith("doorstep_")}
    return found


COUNTED = counted()


def faults(expression: str) -> Iterator[str]:
    """What is wrong with an expression: numbers, labels or values that there are not."""
    names = set(re.findall(r"\b(doorstep_[a-z_]+|up)\b", expression))
    yield from (f"nobody counts {name}" for name in sorted(names - COUNTED.keys()))
    labels = set().union(*(COUNTED.get(name, set()) for name in names)) | ALWAYS
    for name, matchers in re.findall(r"\b(doorstep_\w+|up)\{([^}]*)\}", expression):
        own = COUNTED.get(name, set()) | ALWAYS
        yield from (
            f"{name} has no {each}" for each in LABEL.findall(matchers) if each not in own
        )
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', matchers):
            wrong = set(values.split("|")) - VALUES.get(label, set(values.split("|")))
            yield from (f"{name} is never {label}={each}" for each in sorted(wrong))
    for group in BY.findall(expression):
        wanted = {each.strip() for each in group.split(",")}
        yield from (f"nothing has {each}" for each in sorted(wanted - labels))


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


EXPRESSIONS = {alert.alert: alert.expr for alert in ALERTS} | {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in panels()
    for target in panel["targets"]
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_it_asks_for_what_is_counted(name: str) -> None:
    assert list(faults(EXPRESSIONS[name])) == []


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("doorstep_outbox_age > 5", "nobody counts doorstep_outbox_age"),
        ('doorstep_held_back{status="parked"} > 0', "doorstep_held_back has no status"),
        (
            'doorstep_held_back{state="stuck"} > 0',
            "doorstep_held_back is never state=stuck",
        ),
        ("sum by (lane) (doorstep_jobs_failed)", "nothing has lane"),
        ("rate(doorstep_request_seconds_buckets[1m])", "nobody counts doorstep_request_se"),
    ],
)
def test_what_nobody_counts_is_found(expression: str, fault: str) -> None:
    assert [each for each in faults(expression) if each.startswith(fault)] != []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.alert)
def test_an_alert_says_what_to_do_and_where_more_is_written(alert: Alert) -> None:
    page, _, place = alert.annotations.runbook.partition("#")
    text = (ROOT / page).read_text("utf-8")

    assert (page, place) == ("docs/running.md", "alerts")
    assert f"`{alert.alert}`" in text.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert alert.labels["severity"] in {"page", "ticket"}
    labels = {one or other for one, other in IN_TEXT.findall(alert.annotations.summary)}
    kept = {each.strip() for group in BY.findall(alert.expr) for each in group.split(",")}
    assert (
        labels - kept - ({"instance"} if alert.expr.startswith("up{") else set()) == set()
    )


def test_no_alert_is_written_twice_and_none_in_the_page_alone() -> None:
    names = [alert.alert for alert in ALERTS]
    page = (ROOT / "docs/running.md").read_text("utf-8").partition("\n## Alerts\n")[2]

    assert len(names) == len(set(names))
    assert set(re.findall(r"`(Doorstep\w+)`", page)) == set(names)


def test_every_number_of_an_alert_is_on_the_dashboard() -> None:
    def names(*expressions: str) -> set[str]:
        return set(re.findall(r"\b(?:doorstep_[a-z_]+|up)\b", " ".join(expressions)))

    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    assert names(*(alert.expr for alert in ALERTS)) - names(*shown) == set()


def test_the_dashboard_is_one_that_grafana_lays_out() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [
        (x, y)
        for at in places
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert all(panel["targets"] and panel["title"] for panel in panels())
    [variable] = DASHBOARD["templating"]["list"]
    used = {panel["datasource"]["uid"] for panel in panels()}
    assert used == {f"${{{variable['name']}}}"}
    assert DASHBOARD["schemaVersion"] >= 36


def test_prometheus_asks_every_part_where_it_shows_its_numbers() -> None:
    asked = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
    [job] = asked["scrape_configs"]
    targets = job["static_configs"][0]["targets"]
    parts = {
        name: its["environment"]["DOORSTEP_STATUS_PORT"]
        for name, its in COMPOSE["services"].items()
        if its.get("command", [""])[0] == "run"
    }
    wanted = parts | {"gateway": "8440"}

    assert job["job_name"] == "doorstep"
    assert sorted(targets) == sorted(f"{name}:{port}" for name, port in wanted.items())
    assert [ROOT / "deploy" / each for each in asked["rule_files"]] == [RULES]


#: What each alert is about: series that make it loud, ten seconds a step. By the same
#: series at rest none may be.
LOUD: dict[str, dict[str, str]] = {
    "DoorstepPartSilent": {'up{job="doorstep",instance="relay:9100"}': "0x30"},
    "DoorstepDatabaseDown": {'doorstep_database_up{instance="a"}': "0x30"},
    "DoorstepSourceSilent": {
        'doorstep_source_age_seconds{service="field_visit",source="dispatch"}': "0+10x30"
    },
    "DoorstepUrgentEventsWait": {
        'doorstep_outbox_oldest_seconds{service="dispatch",lane="urgent"}': "0+10x30"
    },
    "DoorstepEventsWait": {
        'doorstep_outbox_oldest_seconds{service="dispatch",lane="normal"}': "0+10x30"
    },
    "DoorstepEventParked": {'doorstep_held_back{service="letters",state="parked"}': "1x30"},
    "DoorstepEventHeldBack": {
        'doorstep_held_back_oldest_seconds{service="letters",state="waiting"}': "0+20x30"
    },
    "DoorstepBoardBehind": {"doorstep_projector_behind_seconds": "0+10x30"},
    "DoorstepReadersDropped": {"doorstep_slow_readers_total": "0+5x30"},
    "DoorstepJobRests": {'doorstep_jobs_failed{service="recovery"}': "1x30"},
    "DoorstepJobsWait": {'doorstep_jobs_waiting{service="recovery"}': "200x90"},
    "DoorstepLandedRefused": {'doorstep_landed{state="refused"}': "1x30"},
    "DoorstepLandedWaits": {'doorstep_landed_oldest_seconds{state="waiting"}': "0+10x30"},
    "DoorstepGatewayFails": {
        'doorstep_requests_total{operation="check_in",status="503"}': "0+9x60",
        'doorstep_requests_total{operation="check_in",status="200"}': "0+91x60",
    },
    "DoorstepGatewayBug": {
        'doorstep_requests_total{operation="check_in",status="500"}': "_x20 1x10"
    },
    "DoorstepOrdersTurnedAway": {
        'doorstep_turned_away_total{service="dispatch",why="line-full"}': "0+20x90"
    },
    "DoorstepHeadUnsent": {
        'doorstep_heads_unsent_oldest_seconds{state="waiting"}': "0+3600x90"
    },
    "DoorstepHeadContradicted": {'doorstep_heads_unsent{state="otherwise"}': "1x30"},
    "DoorstepTimestampAbsent": {"doorstep_timestamps_absent_oldest_seconds": "0+7200x90"},
    "DoorstepTimestampsEnd": {"doorstep_timestamps_ending": "1x30"},
    "DoorstepCodesGuessed": {'doorstep_badge_codes_total{outcome="slowed"}': "0+8x90"},
}
#: All is well: everybody answers, and a little waits for a moment.
QUIET = {
    'up{job="doorstep",instance="relay:9100"}': "1x90",
    'doorstep_database_up{instance="a"}': "1x90",
    'doorstep_source_age_seconds{service="field_visit",source="dispatch"}': "0.3x90",
    'doorstep_outbox_oldest_seconds{service="dispatch",lane="urgent"}': "0.02x40 6 0x49",
    'doorstep_outbox_oldest_seconds{service="dispatch",lane="normal"}': "2x90",
    'doorstep_held_back{service="letters",state="parked"}': "0x90",
    'doorstep_held_back{service="letters",state="waiting"}': "1x90",
    'doorstep_held_back_oldest_seconds{service="letters",state="waiting"}': "60x90",
    "doorstep_projector_behind_seconds": "0.2x90",
    "doorstep_slow_readers_total": "0x40 3x50",
    'doorstep_jobs_failed{service="recovery"}': "0x90",
    'doorstep_jobs_waiting{service="recovery"}': "3x90",
    'doorstep_landed{state="refused"}': "0x90",
    'doorstep_landed{state="waiting"}': "5x90",
    'doorstep_landed_oldest_seconds{state="waiting"}': "2x90",
    'doorstep_requests_total{operation="check_in",status="200"}': "0+100x90",
    'doorstep_requests_total{operation="check_in",status="403"}': "0+50x90",
    'doorstep_requests_total{operation="check_in",status="503"}': "0+1x90",
    'doorstep_turned_away_total{service="dispatch",why="line-full"}': "0x90",
    'doorstep_heads_unsent_oldest_seconds{state="unknown"}': "3600x90",
    'doorstep_heads_unsent{state="otherwise"}': "0x90",
    'doorstep_heads_unsent{state="waiting"}': "2x90",
    "doorstep_timestamps_absent_oldest_seconds": "600x90",
    "doorstep_timestamps_ending": "0x90",
    'doorstep_badge_codes_total{outcome="right"}': "0+50x90",
    'doorstep_badge_codes_total{outcome="wrong"}': "0+1x90",
}


def test_every_alert_has_what_makes_it_loud() -> None:
    assert set(LOUD) == {alert.alert for alert in ALERTS}


needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is no package that tests install; the names are checked without it",
)


def promtool(*words: str | Path) -> None:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_reads_rules_and_configuration() -> None:
    promtool("check", "rules", RULES)
    promtool("check", "config", ROOT / "deploy/prometheus.yml")


@needs_promtool
def test_by_promtool_each_is_loud_when_it_should_be_and_all_are_quiet_otherwise(
    tmp_path: Path,
) -> None:
    tests = [case(QUIET, set()), *(case(LOUD[name], {name}) for name in LOUD)]
    file = tmp_path / "tests.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}), encoding="utf-8"
    )

    promtool("test", "rules", file)


def case(series: dict[str, str], loud: set[str]) -> dict[str, Any]:
    """One test of promtool's: is each of these alerts loud after a while, or none?"""
    steps = max(sum(map(int, re.findall(r"x(\d+)", each))) for each in series.values())
    at = f"{10 * steps}s"
    names = loud or {alert.alert for alert in ALERTS}
    return {
        "interval": "10s",
        "input_series": [{"series": k, "values": v} for k, v in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                "eval_time": at,
                "exp_samples": [{"labels": "{}", "value": 1}] if name in loud else [],
            }
            for name in sorted(names)
        ],
    }
