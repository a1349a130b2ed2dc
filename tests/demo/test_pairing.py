"""Two phones pair without a network, and each refuses what is not its partner's."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.signatures import public_key
from doorstep.errors import CannotPair
from doorstep.pairing import answer, both, show, side_by_side, ticket_in
from gateway.tokens import published
from proto.pairing import PairedPhone, PairingTicket
from proto.places import Position

HERE = Position(latitude=31.2, longitude=121.4, accuracy_m=12)


@pytest.fixture
def ticket(phone, ids, noon):
    """Return the ticket of a visit, for these phones."""

    def of(*names, visit="visit", nonce="nonce"):
        return PairingTicket(
            visit_id=ids(visit),
            nonce=ids(nonce),
            phones=tuple(known(phone(name)) for name in names or ("one", "other")),
            good_until=noon + timedelta(hours=4),
        )

    return of


def known(phone) -> PairedPhone:
    return PairedPhone(
        device_id=phone.device_id,
        collector_id=phone.collector_id,
        public_key=phone.public_key,
        thumbprint=phone.public_key.thumbprint(),
    )


def test_two_phones_pair_by_two_codes(phone, ticket, noon):
    first, second = side_by_side(phone(), phone("other"), ticket(), HERE, noon)

    assert (first.nonce, first.answers) == (ticket().nonce, None)
    assert (second.nonce, second.answers) == (ticket().nonce, first.fingerprint())


def test_a_code_of_another_visit_is_not_answered(phone, ticket, noon):
    shown = show(phone(), ticket(visit="another"), HERE, noon)

    with pytest.raises(CannotPair, match="another visit"):
        answer(phone("other"), shown, ticket(), HERE, noon)


def test_a_code_from_before_the_pair_was_changed_is_not_answered(phone, ticket, noon):
    shown = show(phone(), ticket(nonce="before"), HERE, noon)

    with pytest.raises(CannotPair, match="another visit"):
        answer(phone("other"), shown, ticket(), HERE, noon)


def test_a_strangers_code_is_not_answered(phone, ticket, noon):
    shown = show(phone("stranger"), ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="partner"):
        answer(phone("other"), shown, ticket(), HERE, noon)


def test_a_phone_does_not_answer_itself(phone, ticket, noon):
    shown = show(phone(), ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="partner"):
        answer(phone(), shown, ticket(), HERE, noon)


def test_a_code_signed_by_another_key_is_not_answered(phone, ticket, ids, noon, tmp_path):
    forger = type(phone())(tmp_path / "forger", ids("one"), ids("holder of one"))
    shown = show(forger, ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="forged"):
        answer(phone("other"), shown, ticket(), HERE, noon)


def test_a_key_that_is_not_its_thumbprints_is_nobodys(phone, ticket, noon):
    good = ticket()
    swapped = known(phone()).model_copy(update={"thumbprint": "0" * 64})
    bad = good.model_copy(update={"phones": (swapped, good.phones[1])})

    with pytest.raises(CannotPair, match="partner"):
        answer(phone("other"), show(phone(), good, HERE, noon), bad, HERE, noon)


def test_an_answer_is_not_answered(phone, ticket, noon):
    shown = show(phone(), ticket(), HERE, noon)
    answered = answer(phone("other"), shown, ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="anew"):
        answer(phone(), answered, ticket(), HERE, noon)


def test_an_answer_to_another_code_is_not_taken(phone, ticket, noon):
    shown = show(phone(), ticket(), HERE, noon)
    again = show(phone(), ticket(), HERE, noon)
    answered = answer(phone("other"), shown, ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="another one"):
        both(phone(), again, answered, ticket())


def test_after_the_visits_time_nothing_is_answered(phone, ticket, noon):
    shown = show(phone(), ticket(), HERE, noon)

    with pytest.raises(CannotPair, match="now"):
        answer(phone("other"), shown, ticket(), HERE, noon + timedelta(hours=4))


def test_what_is_no_code_is_told_so(phone, ticket, noon):
    with pytest.raises(CannotPair, match="no pairing code"):
        answer(phone("other"), "WIFI:S:guest;;", ticket(), HERE, noon)


def test_who_showed_first_says_how_long_it_took(phone, ticket, noon):
    _, second = side_by_side(phone(), phone("other"), ticket(), HERE, noon)
    closing = phone().closing(second, 4_000)

    assert (closing.device_id, closing.answer, closing.elapsed_ms) == (
        phone().device_id,
        second.fingerprint(),
        4_000,
    )


KEY = ec.generate_private_key(ec.SECP256R1())


def signed(ticket, kind="pairing-ticket", key=KEY) -> str:
    """Return a ticket as the gateway signs it."""
    headers = {"kid": public_key(KEY).thumbprint(), "typ": kind}
    content = ticket.model_dump_json().encode()
    return jwt.PyJWS().encode(content, key, "ES256", headers=headers)


def published_for(purpose="pack"):
    return {"keys": [published(public_key(KEY), purpose)]}


def test_a_ticket_is_read_by_the_keys_the_gateway_publishes(ticket):
    assert ticket_in(signed(ticket()), published_for()) == ticket()


def test_what_was_signed_for_something_else_is_no_ticket(ticket):
    with pytest.raises(CannotPair, match="something else"):
        ticket_in(signed(ticket(), kind="visit-grant"), published_for())
    with pytest.raises(CannotPair, match="something else"):
        ticket_in(signed(ticket()), published_for("token"))


def test_a_ticket_of_somebody_elses_is_none(ticket):
    forger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(CannotPair, match="no ticket"):
        ticket_in(signed(ticket(), key=forger), published_for())
    with pytest.raises(CannotPair, match="no ticket"):
        ticket_in(signed(ticket()), {"keys": []})
    with pytest.raises(CannotPair, match="no ticket"):
        ticket_in("None", published_for())
