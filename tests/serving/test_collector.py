"""What a process was started with is left alone, and circles that nobody needs go all the same."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.collector import MIDDLE, OLD, YOUNG, spare_what_stays


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[None]:
    """Give the collector back as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_was_there_is_left_alone() -> None:
    spare_what_stays()
    assert gc.get_freeze_count() > YOUNG
    assert gc.get_threshold() == (YOUNG, MIDDLE, OLD)


@pytest.mark.usefixtures("collector")
def test_what_comes_and_goes_is_not_kept() -> None:
    spare_what_stays()
    gone = weakref.ref(Knot())
    knots = [Knot() for _ in range(2 * YOUNG)]
    del knots
    assert gone() is None
