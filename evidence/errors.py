"""What keeps a bundle from being verified.

EvidenceError
├── DoesNotFit   something in the bundle does not fit: the grade is FAILED
├── CannotCheck  it could not be tried at all: openssl or a file is missing
└── CannotWrite  what is to be written has no place in the form
"""


class EvidenceError(Exception):
    """One sentence; `key` and `values` are what the catalogues word it by."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(f"{key}: {values}" if values else key)
        self.key = key
        self.values = values


class DoesNotFit(EvidenceError):
    """Something does not fit, `at` a file with its line, or at a byte."""

    def __init__(self, key: str, at: str, **values: object) -> None:
        super().__init__(key, **values)
        self.at = at

    def __str__(self) -> str:
        return f"{self.at}: {super().__str__()}"


class CannotCheck(EvidenceError):
    """It could not be tried at all, which says nothing of the bundle."""


class CannotWrite(EvidenceError):
    """What is to be written has no place in the form."""
