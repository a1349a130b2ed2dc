"""How often somebody may try."""

import pytest

from gateway.errors import TooMany
from gateway.tries import REMEMBERED, WINDOW_S, Tries, network


class Watch:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_try_is_free_again_when_the_window_is_over() -> None:
    watch = Watch()
    tries = Tries(2, watch)
    tries.count("a")
    tries.count("a")
    with pytest.raises(TooMany) as refusal:
        tries.count("a")
    assert refusal.value.values == {"seconds": 300}
    watch.seconds = WINDOW_S
    tries.count("a")


def test_a_try_that_went_well_is_free() -> None:
    tries = Tries(1)
    for _ in range(5):
        tries.count("office")
        tries.take_back("office")
    assert tries.counts["office"][0] == 0


def test_the_table_does_not_grow_without_bound() -> None:
    tries = Tries(1)
    for number in range(REMEMBERED + 500):
        tries.count(str(number))
    assert len(tries.counts) == REMEMBERED


def test_a_name_is_counted_apart_on_each_network() -> None:
    tries = Tries(1)
    tries.count(("li", "192.0.2.7"))
    tries.count(("li", "198.51.100.7"))
    tries.count(("wang", "192.0.2.7"))
    with pytest.raises(TooMany):
        tries.count(("li", "192.0.2.7"))


def test_whoever_has_a_whole_network_counts_once() -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("?") == "?"
