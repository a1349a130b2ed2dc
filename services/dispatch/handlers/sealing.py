"""What of a case is sealed under its key, opened."""

from chassis.keyring import Keyring
from proto.dispatch import Address, Debtor
from services.dispatch.model import Case


def debtor_of(case: Case, keyring: Keyring) -> Debtor:
    return Debtor.model_validate_json(keyring.open(case.debtor, case.id, "case.debtor"))


def address_of(case: Case, keyring: Keyring) -> Address:
    return Address.model_validate_json(keyring.open(case.address, case.id, "case.address"))
