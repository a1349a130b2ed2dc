"""What keeps the norms that are not judged, and which.

They cannot be broken, because a model has no place for the breach, or are watched for
after the act (`guard:<part>.<norm>`); or people keep them (`procedure:<name>`).
"""

from collections.abc import Mapping
from types import MappingProxyType

KEPT_ELSEWHERE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "guard:dispatch.masked_values": frozenset({"visit.masked_values"}),
        "guard:dispatch.no_other_people": frozenset({"case.no_other_people"}),
        "guard:dispatch.one_mandate": frozenset({"visit.one_mandate"}),
        "guard:field_visit.signed_facts": frozenset({"visit.really_happened"}),
        "guard:recovery.receipt": frozenset({"cash.receipt"}),
        "guard:recovery.banking": frozenset({"cash.banking"}),
        "guard:recovery.no_fee": frozenset({"cash.no_fee"}),
        "procedure:conduct": frozenset(
            {
                "conduct.appearance",
                "conduct.clean_speech",
                "conduct.good_name",
                "conduct.lawful_means",
                "conduct.no_alarming_words",
                "conduct.no_coercion",
                "conduct.no_conflict",
                "conduct.no_dangerous_advice",
                "conduct.no_disturbance",
                "conduct.no_impersonation",
                "conduct.no_promise",
                "conduct.no_violence",
            }
        ),
    }
)

#: Where it is shown: of a guard a test that fails without it, of a procedure its page.
SHOWN_BY: Mapping[str, str] = MappingProxyType(
    {
        "guard:dispatch.masked_values": (
            "tests/services/test_dispatch.py:test_the_sheet_keeps_16_04"
        ),
        "guard:dispatch.no_other_people": (
            "tests/rulebook/test_kept.py:test_a_case_has_no_place_for_anybody_but_its_debtor"
        ),
        "guard:dispatch.one_mandate": (
            "tests/services/test_dispatch.py:test_a_visit_serves_one_mandate_and_no_other"
        ),
        "guard:field_visit.signed_facts": (
            "tests/services/test_journal.py:"
            "test_a_batch_that_the_phone_did_not_sign_is_kept_apart"
        ),
        "guard:recovery.receipt": (
            "tests/services/test_recovery_receipts.py:test_money_without_a_receipt_is_told"
        ),
        "guard:recovery.banking": (
            "tests/services/test_recovery_banking.py:"
            "test_what_is_not_banked_by_the_deadline_is_overdue"
        ),
        "guard:recovery.no_fee": (
            "tests/services/test_recovery_no_fee.py:test_no_message_has_a_word_for_a_fee"
        ),
        "procedure:conduct": "docs/conduct.md",
    }
)
