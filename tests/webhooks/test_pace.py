"""Delays grow, chance spreads them, and an address may ask for more."""

from datetime import timedelta

import pytest

from services.webhooks.pace import Pace, chance, wanted_wait
from tests.factories import NOON


def test_delays_grow_until_there_is_none() -> None:
    pace = Pace(spread=0.0)
    delays = [pace.next_delay(n, None, NOON) for n in range(1, len(pace.delays) + 2)]
    assert delays == [*pace.delays, None]
    assert list(pace.delays) == sorted(pace.delays)


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
def test_chance_spreads_them(drawn: float, seconds: float) -> None:
    pace = Pace(chance=lambda: drawn)
    assert pace.next_delay(1, None, NOON) == timedelta(seconds=seconds)


def test_chance_is_a_number_below_one() -> None:
    assert all(0 <= chance() < 1 for _ in range(100))


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (None, timedelta()),
        ("", timedelta()),
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("-5", timedelta()),
        ("soon", timedelta()),
        ("١٢", timedelta()),
        ("9" * 30, timedelta()),
        ("Mon, 02 Mar 2026 04:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 03:00:00 GMT", timedelta()),
        ("Mon, 99 Mar 2026 03:00:00 GMT", timedelta()),
    ],
)
def test_an_address_may_ask_for_a_while(retry_after: str | None, wait: timedelta) -> None:
    assert wanted_wait(retry_after, NOON) == wait


def test_it_is_left_alone_for_as_long_as_it_asks_and_a_day_at_the_most() -> None:
    pace = Pace(spread=0.0)
    assert pace.next_delay(1, "3600", NOON) == timedelta(hours=1)
    assert pace.next_delay(1, "1", NOON) == pace.delays[0]
    assert pace.next_delay(1, "99999999", NOON) == timedelta(days=1)
