"""What somebody tries in vain again and again is written down a few times, not each time."""

from datetime import timedelta

from services import attempts
from services.attempts import WINDOW, Attempts
from tests.factories import NOON


def written(counting: Attempts, times: int, who: str = "customer:1") -> list[int]:
    return [
        number for _ in range(times) if (number := counting.note(who, "payDraw", NOON)) is not None
    ]


def test_a_thousand_attempts_are_four_entries() -> None:
    counting = Attempts()
    assert written(counting, 1_500) == [1, 10, 100, 1000]


def test_everybody_and_every_action_is_counted_apart() -> None:
    counting = Attempts()
    written(counting, 5)
    assert written(counting, 1, "customer:2") == [1]
    assert counting.note("customer:1", "freezeAccount", NOON) == 1


def test_after_an_hour_it_begins_anew() -> None:
    counting = Attempts()
    written(counting, 5)
    assert counting.note("customer:1", "payDraw", NOON + WINDOW - timedelta(seconds=1)) is None
    assert counting.note("customer:1", "payDraw", NOON + WINDOW) == 1


def test_what_is_remembered_is_bounded() -> None:
    counting = Attempts()
    for number in range(attempts.CAPACITY + 5):
        assert counting.note(f"customer:{number}", "payDraw", NOON) == 1
    assert len(counting._counts) == attempts.CAPACITY
    assert counting.note("customer:0", "payDraw", NOON) == 1
    assert counting.note(f"customer:{attempts.CAPACITY}", "payDraw", NOON) is None
