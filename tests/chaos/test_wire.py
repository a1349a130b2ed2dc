"""What the harness does on a broker that has just lost all it had."""

from random import Random

import pytest
from pika.exceptions import UnroutableError

from chaos.faults.poison import Poison
from chaos.faults.wire import Wire


class Empty:
    """A channel of a broker without queues: what nobody insists on is dropped unsaid."""

    def basic_publish(self, *_: object, mandatory: bool = False) -> None:
        if mandatory:
            raise UnroutableError([])


def test_poison_that_no_queue_takes_yet_is_sent_later() -> None:
    poison = Poison(0, "contact", "events.contact", "m", b"{")
    wire = Wire({}, Random(1), [poison])

    with pytest.raises(UnroutableError):
        wire.say(Empty())

    assert (wire.left, poison.sent) == ([poison], False)
