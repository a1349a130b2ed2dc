"""Without a signal a phone answers out of its pack and lets things wait, help first."""

from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.settings import settings
from chassis.signatures import public_key
from doorstep.client import Answer, Unreachable
from doorstep.demo import pocket
from doorstep.demo.story.step import ByPack
from gateway.pages.badge.views import View
from gateway.pages.badge.words import LANGUAGES, words
from gateway.tokens import published
from proto.canonical import canonical
from proto.facts import Entered, HelpPressed, Left, Recording
from proto.field_visit import BadgeChecked
from proto.pack import Deed, Lack, Met
from tests.test_pack_page import example

JOURNAL, HELP = "/v1/visits/1/journal", "/v1/visits/1/help"
NUMBERS = ("HY-001", "HY-002")


class Bank:
    """A gateway that keeps what comes, and says through which number it has a journal."""

    def __init__(self, *statuses):
        self.statuses, self.came = list(statuses), []

    def post(self, path, body, key=None):
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise Unreachable("nobody")
        entries = body["journal"]["entries"] if "journal" in body else ()
        self.came.append((path, [each["seq"] for each in entries]))
        return Answer(status, {"through": entries[-1]["seq"]} if entries else {})


@pytest.fixture
def cut_off(phone, ids, noon):
    """Return a phone in a basement, which has told of two things and called for help."""
    one = phone()
    one.signal = False
    for fact in (Recording(announced=True, running=True), Entered()):
        one.note(ids("visit"), fact, noon)
        assert pocket.tell(one, Bank(), JOURNAL, {}) == Answer(0)
    one.note(ids("visit"), HelpPressed(help_id=ids("help")), noon)
    assert pocket.tell(one, Bank(), HELP, {"help_id": "7f"}) == Answer(0)
    return one


IN_ORDER = [(HELP, []), (JOURNAL, [1]), (JOURNAL, [2]), (JOURNAL, [3])]


def test_help_goes_first_and_the_journal_follows_in_its_order(cut_off):
    cut_off.signal = True

    answer = pocket.send(cut_off, bank := Bank())

    assert bank.came == IN_ORDER
    assert answer == Answer(
        200, {"sent": ["help", "journal", "journal", "journal"], "waiting": 0}
    )
    assert cut_off.unconfirmed() is None


def test_without_a_signal_nothing_is_sent(cut_off):
    answer = pocket.send(cut_off, bank := Bank())

    assert (bank.came, answer) == ([], Answer(0, {"sent": [], "waiting": 4}))


def test_what_waits_outlives_the_phone_and_nothing_of_it_waits_twice(
    cut_off, phone, ids, noon
):
    again = phone()
    again.note(ids("visit"), Left(), noon)

    pocket.tell(again, bank := Bank(), JOURNAL, {})

    assert bank.came == [*IN_ORDER, (JOURNAL, [4])]


def test_a_signal_that_goes_again_leaves_the_rest_waiting(cut_off):
    cut_off.signal = True
    pocket.send(cut_off, first := Bank(200, 0))

    pocket.send(cut_off, second := Bank())

    assert (first.came, second.came) == (IN_ORDER[:1], IN_ORDER[1:])


def test_a_part_that_was_refused_is_told_again(phone, ids, noon):
    """Word of a phone's key may still be on its way when it tells for the first time."""
    one = phone()
    one.note(ids("visit"), Left(), noon)

    assert pocket.tell(one, Bank(404), JOURNAL, {}).status == 404
    assert pocket.tell(one, bank := Bank(), JOURNAL, {}).ok
    assert bank.came == [(JOURNAL, [1])]


KEY, VISIT = ec.generate_private_key(ec.SECP256R1()), UUID(int=1)
KEYS = [published(public_key(KEY), "pack")]


def shown(phone) -> Answer:
    """Return the example's pack for a phone, signed as the gateway signs it."""
    pack = example().model_copy(update={"device_id": phone.device_id})
    content = canonical(pack.model_dump(mode="json", exclude_none=True))
    headers = {"kid": public_key(KEY).thumbprint(), "typ": "day-pack"}
    return Answer(200, {"pack": jwt.PyJWS().encode(content, KEY, "ES256", headers=headers)})


def test_a_phone_takes_its_own_pack_and_says_what_it_now_knows(phone):
    packs = pocket.Packs()

    known = packs.take(shown(phone()), KEYS, phone(), VISIT).body

    assert (known["pack"], known["badge"]) == ("verified", "7K3MQ-9PD2X")
    assert known["letter"]["staff_numbers"] == list(NUMBERS)
    assert packs.take(shown(phone()), KEYS, phone(), UUID(int=2)).body == {
        "pack": "verified"
    }


def test_a_pack_of_another_phone_or_of_nobody_we_know_is_not_taken(phone):
    packs = pocket.Packs()

    other = packs.take(shown(phone("other")), KEYS, phone(), VISIT)
    nobody = packs.take(shown(phone()), [], phone(), VISIT)

    assert "another phone's" in str(other.body["pack"])
    assert "nobody we know" in str(nobody.body["pack"])
    assert packs == {}


def test_the_pack_answers_with_its_clauses_and_what_to_say(phone):
    packs, one = pocket.Packs(), phone()
    packs.take(shown(one), KEYS, one, VISIT)
    at = example().visits[0].not_before

    def says(deed, *lacking):
        asked = ByPack(deed, Met.DEBTOR, lacking, "door.stay_outside")
        return packs.look_up(asked, one, VISIT, at).body

    talk = says(Deed.DISCUSS_DEBT, Lack.RECORDING)
    assert talk["decision"]["outcome"] == "stop"
    assert {"clause": "21.088"} in talk["decision"]["reasons"]
    assert talk["script"] == example().scripts["door.stay_outside"]
    assert says(Deed.DISCUSS_DEBT)["decision"] == {"outcome": "proceed", "reasons": []}
    assert says(Deed.COLLECT_CASH)["decision"]["outcome"] == "stop"  # it is asked live


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_badge_page_is_read_as_whoever_opens_reads_it(environment, language):
    view = View(words(language, settings()), typed="7KQ2M-0XWT4", shown="7KQ2M-0XWT4")
    yes = BadgeChecked(mandated=True, agency="HAIYUE", staff_numbers=NUMBERS)

    assert pocket.on_the_page(view.yes(yes)) == {
        "page": "yes",
        "staff_numbers": list(NUMBERS),
    }
    assert pocket.on_the_page(view.no()) == {"page": "no", "staff_numbers": []}
    assert pocket.on_the_page("<p>?</p>") == {"page": None, "staff_numbers": []}
