"""Password hashes, and the one of nobody."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from gateway.passwords import Passwords, decoy
from tests.gateway.stand_in import CHEAP

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("hasher", [CHEAP, PasswordHasher()])
def test_nobodys_hash_is_computed_to_its_end_as_any_other(hasher) -> None:
    """One that did not parse would be told at once, and with it which names there are."""
    made = decoy(hasher)

    assert extract_parameters(made) == extract_parameters(hasher.hash("a password"))
    with pytest.raises(VerifyMismatchError):
        hasher.verify(made, "a password")


async def test_nobody_has_a_password() -> None:
    passwords = Passwords(CHEAP)

    assert not await passwords.fits(None, "a long enough password")
    kept = await passwords.hash("a long enough password")
    assert await passwords.fits(kept, "a long enough password")
    assert not await passwords.fits(kept, "another long password")
