"""Somebody who was looking for something left a line in the log that names the debtor."""

from types import ModuleType
from typing import Any

from chassis.logs import log


def plant(cases: ModuleType) -> None:
    honest = cases.open_case

    def open_case(entry: Any, *rest: Any) -> Any:
        log.info("opening the case of %s", entry.debtor.name)
        return honest(entry, *rest)

    cases.open_case = open_case  # type: ignore[attr-defined]
