"""One JSON line a message, and nothing in it that belongs to a person."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

#: What a line may say beside when, where and what. Bodies, names and values may not.
FIELDS = (
    "service",
    "message",
    "outcome",
    "ms",
    "trace",
    "by",
    "error",
    "count",
    "sequence",
)

log = logging.getLogger("doorstep")


class OneLine(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "says": record.getMessage(),
        }
        fields = getattr(record, "fields", {})
        line |= {name: fields[name] for name in FIELDS if name in fields}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = innermost(record.exc_info[2])
        return to_json(line).decode()


def innermost(trace: Any) -> str:
    """Return file and line where an error was raised; its text may quote a person."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def start(level: str) -> None:
    """Write every line of this process to standard error, libraries' warnings too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    spare()
    logging.basicConfig(level="WARNING", handlers=[handler], force=True)
    log.setLevel(level)


def spare() -> None:
    """Let each record look up only what a line says (the logging HOWTO, "Optimization")."""
    logging._srcfile = None  # whose line of ours it was
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False


def failed(what: str, error: Exception) -> None:
    """Write that something failed: the kind of error and where, never its words."""
    where = innermost(error.__traceback__)
    log.error("%s failed: %s at %s", what, type(error).__name__, where)


def said(says: str, /, **fields: Any) -> None:
    """Write the line of one message; `fields` beyond `FIELDS` are a mistake."""
    if unknown := fields.keys() - set(FIELDS):
        raise KeyError(f"log fields {sorted(unknown)} are not in chassis.logs.FIELDS")
    log.info(says, extra={"fields": fields})
