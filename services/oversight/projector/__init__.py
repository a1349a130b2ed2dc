"""The projector: makes the board and the timelines from the stream of all events.

A process without eventlet. It reads the stream from where its tables say they are, and
what a batch means is stored in one transaction with how far it was read: each event takes
effect exactly once. One projector is active, by an advisory lock; others stand by.
"""

from services.oversight.projector.process import run
from services.oversight.projector.rebuild import Rebuilt, rebuild

__all__ = ["Rebuilt", "rebuild", "run"]
