"""Whether callers are still signed in, and their keys still good, asked at every event told them.

An event reaches thousands in the same moment, and a busy partner is told thousands a second: one
look at the database serves everybody for a moment. So nobody is told what happens later than that
after their access has ended, however long it takes until the socket itself is closed.
"""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from services.actors import Actor
from services.clock import Clock
from services.people.authenticate import ended_lately

GOOD_FOR_S = 0.1
"""For how long a look serves."""


class StillIn:
    """One process's questions."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._ended: frozenset[UUID] = frozenset()
        self._good_until_s = 0.0
        self._look: asyncio.Future[None] | None = None

    async def __call__(self, clock: Clock, actor: Actor) -> bool:
        """Tell whether a caller's session or API key has not ended; a moment ago it was good."""
        if self._monotonic_s() >= self._good_until_s:
            if self._look is None:
                self._look = asyncio.ensure_future(self._look_up(clock))
            # One who stops waiting does not stop the others' look.
            await asyncio.shield(self._look)
        return actor.credential_id not in self._ended

    async def _look_up(self, clock: Clock) -> None:
        begun_s = self._monotonic_s()
        try:
            self._ended = frozenset(await ended_lately(clock))
            self._good_until_s = begun_s + GOOD_FOR_S
        finally:
            self._look = None
