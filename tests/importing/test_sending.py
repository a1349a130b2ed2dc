"""What is sent, in which order, and how a refusal finds its way back into the file."""

import pytest

from doorstep.client import Answer, Unreachable
from doorstep.importing import Senders, import_files, main
from doorstep.importing.sending import Clock
from proto import ids


def problem(*errors, status=422, **more):
    body = {"type": "/problems/malformed", "errors": list(errors)} | more
    return Answer(status, body)


def wrong(pointer, detail, kind):
    return {"pointer": pointer, "detail": detail, "kind": kind}


LATE = wrong("/cases/1/agency_id", "no such agency", "unknown-agency")


class Ticking(Clock):
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.passed = 0.0
        super_set = object.__setattr__
        super_set(self, "now", lambda: self.passed)
        super_set(self, "sleep", self.wait)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def wait(self, seconds):
        self.passed += seconds


@pytest.fixture
def send(read, good_files, telling, carrier):
    """Import the good files, or some, by somebody who answers as told."""

    def sent(*answers, only=None, **by_kind):
        files = {n: c for n, c in good_files.items() if only is None or n in only}
        sender = carrier(*answers)
        senders = Senders(sender, by_kind)
        return import_files(read(files), senders, telling, Ticking()), sender

    return sent


def test_nothing_is_named_before_it_is_known(send, carrier, telling):
    supervisor = carrier()

    code, officer = send(visits=supervisor)

    assert code == 0
    assert [path for path, _ in officer.sent] == [
        "/v1/agencies",
        "/v1/people",
        "/v1/authorisations",
        "/v1/cases",
    ]
    assert [path for path, _ in supervisor.sent] == ["/v1/visits"]
    assert telling.out.lines[3] == "cases.csv: 1 new, 0 changed, 0 known"


def test_a_letter_to_hand_over_goes_with_its_visit(send, carrier, good_files):
    columns = {"number": "CS-1", "template": "T-1", "how": "letterbox"}
    paper = "".join(f"    paper.{name}: {value}\n" for name, value in columns.items())
    good_files["visits.yaml"] += paper.encode()
    supervisor = carrier()

    code, _ = send(visits=supervisor)

    ((_, body),) = supervisor.sent
    expected = {"template": "T-1", "how": "letterbox"}
    expected["paper_id"] = str(ids.named("paper", "CS-1"))
    assert (code, body["visits"][0]["paper"]) == (0, expected)


def test_a_second_time_everything_is_known(send, telling):
    code, _ = send(Answer(200, {"new": 0, "same": 2}), only=["agencies.yaml"])

    assert (code, telling.out.lines) == (
        0,
        ["agencies.yaml: 0 new, 0 changed, 2 known"],
    )


def test_a_refusal_is_found_in_its_file_and_nothing_follows_it(send, telling):
    refusal = problem(wrong("/cases/1/address/zone", "no zone of ours", "unknown-zone"))

    code, sender = send(Answer(200), Answer(200), Answer(200), refusal)

    assert (code, len(sender.sent)) == (1, 4)
    assert telling.out.lines[3:] == [
        "cases.csv:3 时区 “Asia/Shanghai” — no zone of ours",
        "1 to put right.",
        "Nothing of cases.csv was taken in. Put this right and run it again; what is "
        "reported above as taken in stays as it is.",
    ]


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/cases/0/agency_id", "cases.csv:2 委托机构 “HAIYUE” — no"),
        ("/cases/0/debtor/card_number", "cases.csv:2 卡号 “…0001” — no"),
        ("/cases/1", "cases.csv:3 — no"),
        ("/cases/99", "cases.csv — no"),
        ("/else", "cases.csv — no"),
    ],
)
def test_a_pointer_leads_to_a_line(pointer, said, send, telling):
    send(problem(wrong(pointer, "no", "other")), only=["cases.csv"])

    assert telling.out.lines[0] == said


def test_word_that_has_not_got_round_yet_is_waited_for(send):
    code, sender = send(problem(LATE), problem(LATE), only=["cases.csv"])

    assert (code, len(sender.sent)) == (0, 3)


def test_but_not_for_ever(send, telling):
    code, sender = send(*[problem(LATE)] * 100, only=["cases.csv"])

    assert (code, 40 < len(sender.sent) < 60) == (1, True)
    assert telling.out.lines[0] == "cases.csv:3 委托机构 “HAIYUE” — no such agency"


def test_a_row_that_is_wrong_for_another_reason_is_not_tried_again(send):
    other = wrong("/cases/0", "no", "agency-inactive")

    code, sender = send(problem(LATE, other), only=["cases.csv"])

    assert (code, len(sender.sent)) == (1, 1)


def test_a_platform_that_cannot_answer_is_not_the_files_fault(send, telling):
    busy = Answer(503, {"type": "/problems/busy", "detail": "busy"})

    code, _ = send(*[busy] * 100, only=["cases.csv"])

    assert code == 2
    assert "cannot answer now (busy)" in telling.out.lines[0]


@pytest.fixture
def files(tmp_path, good_files):
    for name, content in good_files.items():
        (tmp_path / name).write_bytes(content)
    return str(tmp_path)


def test_a_check_sends_nothing(files, capsys):
    assert main(["--check", "--lang", "zh-CN", files]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[3] == "cases.csv：2行（GB18030）"
    assert out[-1] == "全部无误。您只要求检查，未发送任何内容。"


def test_without_a_platform_nothing_is_sent(files, capsys, monkeypatch):
    monkeypatch.delenv("DOORSTEP_HTTP_PORT", raising=False)

    assert main(["--lang", "en", files]) == 2
    assert "no platform runs here" in capsys.readouterr().out


def test_a_platform_that_does_not_answer_is_said_so(files, capsys, monkeypatch):
    def nobody(*_, **__):
        raise Unreachable("http://127.0.0.1:1")

    monkeypatch.setenv("IMPORT_PASSWORD", "secret")
    monkeypatch.setattr("doorstep.client.Gateway.signed_in", nobody)

    assert main(["--lang", "en", "--url", "http://127.0.0.1:1", files]) == 2
    assert "no platform answers at http://127.0.0.1:1" in capsys.readouterr().out


def test_bad_rows_are_told_before_anybody_signs_in(files, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("doorstep.client.Gateway.signed_in", None)
    (tmp_path / "people.yaml").write_text("people:\n  - agency: HAIYUE\n")

    assert main(["--lang", "en", "--url", "http://127.0.0.1:1", files]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Nothing was sent. Put this right and run it again."
    )
