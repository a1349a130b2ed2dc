"""The clauses as the operations page shows them, from the books that know them.

`python -m tests.browser.clauses` writes them anew: the gateway may not ask a rulebook.
"""

import csv
import json
from pathlib import Path

import rulebook
from rulebook.wording import catalogue

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "gateway/pages/ops/clauses.json"


def sentences() -> dict[str, dict[str, str]]:
    """Every clause of our books: its own words, and in English what it means.

    A contract's clause has no translation; its English is the name of its norm.
    """
    with (ROOT / "rulebook/source/clauses.csv").open(encoding="utf-8") as table:
        meanings = {row["id"]: row["meaning"] for row in csv.DictReader(table)}
    names = catalogue("en").names
    found: dict[str, dict[str, str]] = {}
    for clause in sorted(
        (clause for book in rulebook.load().values() for clause in book.clauses),
        key=lambda clause: clause.clause,
    ):
        texts = found.setdefault(clause.clause, {"zh-CN": clause.quote})
        english = meanings.get(clause.clause) or names.get(f"norm.{clause.key}")
        if english:
            texts["en"] = english
    return found


def text() -> str:
    return json.dumps(sentences(), ensure_ascii=False, indent=0) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
