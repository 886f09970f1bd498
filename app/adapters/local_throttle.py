"""The throttle of a process that is alone."""

from collections import OrderedDict
from datetime import datetime, timedelta

from services.throttling import Rate

CAPACITY = 100_000
"""How many keys are remembered; of more, the one that was tried longest ago is forgotten."""


class LocalThrottle:
    """``Throttle`` within one process."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._due: OrderedDict[str, datetime] = OrderedDict()

    async def spend(self, key: str, rate: Rate, now: datetime) -> timedelta | None:
        """Spend one try, or return how long to wait because none is left."""
        due, wait = rate.spend(self._due.get(key), now)
        if wait is None:
            self._due[key] = due
            self._due.move_to_end(key)
            if len(self._due) > self._capacity:
                self._due.popitem(last=False)
        return wait

    async def give_back(self, key: str, rate: Rate, now: datetime) -> None:
        """Let a try that was spent not have counted."""
        due = self._due.get(key)
        if due is None:
            return
        if due - rate.every <= now:
            del self._due[key]
        else:
            self._due[key] = due - rate.every
