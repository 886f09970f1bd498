"""Counting what somebody tries in vain, so that writing it down cannot fill the disk.

Of an attempt that somebody repeats within an hour, the first is written down, and then the tenth,
the hundredth, the thousandth, each with its number: a million of them are seven entries.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
CAPACITY = 10_000
"""How many different attempts one process remembers; the one that began first is forgotten."""


@dataclass(slots=True)
class Attempts:
    """One process's count of attempts, by who tried what."""

    by_nobody: Counter[str] = field(default_factory=Counter)
    """What was tried without a sign-in, since the process began: counted, never written down."""
    _counts: OrderedDict[tuple[str, str], tuple[datetime, int]] = field(default_factory=OrderedDict)

    def note(self, principal: str, action: str, now: datetime) -> int | None:
        """Count an attempt; return its number within the hour where it is to be written down."""
        began, count = self._counts.get((principal, action), (now, 0))
        if now - began >= WINDOW:
            began, count = now, 0
        if count == 0:
            self._counts.pop((principal, action), None)  # to stand last
        self._counts[(principal, action)] = began, count + 1
        if len(self._counts) > CAPACITY:
            self._counts.popitem(last=False)
        return count + 1 if _is_power_of_ten(count + 1) else None


def _is_power_of_ten(number: int) -> bool:
    return str(number).rstrip("0") == "1"
