"""The wake-up between those who write events and those who read them.

It carries no event and may lose any call: readers look by themselves every second as well.
Adapters stand in ``app/adapters/``.
"""

from collections.abc import Callable
from typing import Protocol

Listener = Callable[[], None]
"""Told that there may be something to read; it returns at once and does not raise."""


class Bus(Protocol):
    """Wakes the readers of every process."""

    async def open(self) -> None:
        """Begin to carry wake-ups; what cannot be reached is tried again in the background."""

    async def close(self) -> None:
        """Carry no more."""

    def wake(self) -> None:
        """Tell every listener of every process, without waiting or raising.

        Many calls may become one.
        """

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of wake-ups, and return what ends that."""
