"""How often something may be tried. Adapters stand in ``app/adapters/``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """So many tries at once, and then one more each time that ``every`` has passed."""

    burst: int
    every: timedelta

    def spend(self, due: datetime | None, now: datetime) -> tuple[datetime, timedelta | None]:
        """Spend one try.

        Args:
            due: When all tries will be there again, None where they are.
            now: The present.

        Returns:
            When all tries will be there again; and how long to wait, where none is left: then
            nothing was spent.
        """
        # Further ahead than after all tries at once, it is of before the clock stepped back.
        possible = due is not None and now < due <= now + self.burst * self.every
        begin = due if due is not None and possible else now
        wait = begin + self.every - self.burst * self.every - now
        return (begin, wait) if wait > timedelta() else (begin + self.every, None)


class Throttle(Protocol):
    """Counts tries by key, for every process that serves the same people."""

    async def spend(self, key: str, rate: Rate, now: datetime) -> timedelta | None:
        """Spend one try, or return how long to wait because none is left."""

    async def give_back(self, key: str, rate: Rate, now: datetime) -> None:
        """Let a try that was spent not have counted."""
