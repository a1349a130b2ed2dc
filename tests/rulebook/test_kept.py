"""What keeps the norms that are not judged: that it is there, and shown somewhere."""

import ast
from pathlib import Path

import pytest

from proto.dispatch import CaseEntry, Debtor, OpenCases, Sheet, VisitPlanned
from proto.field_visit import VisitShown
from rulebook.kept import KEPT_ELSEWHERE, SHOWN_BY

ROOT = Path(__file__).parents[2]
GUARDS = [by for by in KEPT_ELSEWHERE if by.startswith("guard:")]


def defined_in(file: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def test_everything_that_keeps_a_norm_says_where_it_is_shown() -> None:
    assert SHOWN_BY.keys() == KEPT_ELSEWHERE.keys()


@pytest.mark.parametrize("guard", GUARDS)
def test_the_test_that_shows_a_guard_is_there(guard: str) -> None:
    file, _, test = SHOWN_BY[guard].partition(":")

    assert test.startswith("test_")
    assert test in defined_in(ROOT / file)


@pytest.mark.parametrize("procedure", sorted(KEPT_ELSEWHERE.keys() - {*GUARDS}))
def test_a_procedure_has_a_page_that_names_each_of_its_norms(procedure: str) -> None:
    page = (ROOT / SHOWN_BY[procedure]).read_text("utf-8")

    assert [norm for norm in KEPT_ELSEWHERE[procedure] if f"`{norm}`" not in page] == []


def fields(*models) -> dict[str, set[str]]:
    return {model.__name__: {*model.model_fields} for model in models}


#: All that a case brings along, and all of it that reaches a phone.
OF_A_CASE = {
    "CaseEntry": {
        *("case_id", "number", "agency_id", "books", "debtor", "address"),
        *("amount", "currency", "overdue_since"),
    },
    "Debtor": {"name", "id_number", "card_number"},
    #: `named` are the debtor's own words for another place (4.06), and gone with its hour.
    "Sheet": {"debtor_name", "id_number", "card_number", "address", "named"},
    "VisitPlanned": {
        *("visit_id", "case_id", "agency_id", "collectors", "letter_id", "place", "sheet"),
        *("zone", "not_before", "not_after", "books", "badge", "badge_blind", "paper"),
        "appointment_id",
    },
}


def test_a_case_has_no_place_for_anybody_but_its_debtor() -> None:
    """The guard that 21.057 and X7 name: `guard:dispatch.no_other_people`.

    When this fails for a new field: does it hold kin, an employer, a contact?
    """
    assert fields(CaseEntry, Debtor, Sheet, VisitPlanned) == OF_A_CASE
    assert OpenCases.model_fields.keys() == {"cases"}
    for model in (CaseEntry, Debtor, OpenCases):
        assert model.model_config["extra"] == "forbid"
    assert VisitShown.model_fields["sheet"].annotation == Sheet | None
