"""Up to which position the feed may be read without skipping an event that commits late.

Positions are drawn before the commit, so a higher one may be visible while a lower one is still
on its way: a reader that goes on from the highest it has seen would never see the lower.

On PostgreSQL ``Watermark`` therefore goes in steps, each a statement of its own:

1. read S, the last position drawn;
2. *after that* read W, the transactions that hold the lock which inserting an event takes;
3. read those locks again, until none of W holds it any more; then S may be read.

Why no event at or below S can appear afterwards:

- An INSERT takes ``ROW EXCLUSIVE`` on ``feed_event`` before it runs, thus before it draws, and
  only the end of the transaction lets it go.
- Positions are drawn in order (the sequence caches none), so every position p <= S had been drawn
  when S was read, by a transaction T that held the lock already.
- When the locks are read later, T either still holds it, and is in W; or has ended.
- A transaction that commits becomes visible *before* it lets its locks go. So when T no longer
  holds the lock, every statement begun from then on sees T's events, or T rolled back and there
  will never be any: a hole, which blocks nothing.

The argument needs no transaction ids. The bound by snapshots that suggests itself (wait until a
fresh snapshot's xmin passes the xmax that was seen) does not hold: xmax is one past the highest
*completed* transaction, so that those still running may lie beyond it, and an INSERT may draw its
position before it has an id at all. Nor does anybody who writes something else, or idles in a
transaction, hold the feed up.

SQLite has one writer, and the counter is part of its transaction: what is drawn is committed.

All of this asks the primary: a replica has neither its sequence nor its locks.
"""

import asyncio
import contextlib
import time

from tortoise.connection import get_connection

from models.engines.feed import feed_sql

FIRST_PAUSE_S, LAST_PAUSE_S = 0.002, 0.05


async def drawn() -> int:
    """Return the last position drawn, committed or not."""
    connection = get_connection("default")
    rows = await connection.execute_query_dict(feed_sql(connection.capabilities.dialect).drawn)
    return int(rows[0]["position"])


async def writers() -> frozenset[str]:
    """Return the transactions under way that may have drawn a position."""
    connection = get_connection("default")
    statement = feed_sql(connection.capabilities.dialect).writers
    if statement is None:
        return frozenset()
    rows = await connection.execute_query_dict(statement)
    return frozenset(row["writer"] for row in rows)


class Watermark:
    """The position up to which everything that will ever be there is visible; it only rises.

    ``drawn`` is the last position drawn when that was looked at, ``drawn_at_s`` on the monotonic
    clock.
    """

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self.drawn = position
        self.drawn_at_s = time.monotonic()
        self._pending: frozenset[str] = frozenset()

    async def advance(self) -> bool:
        """Go one step; return whether everything drawn when it began may now be read."""
        if self._pending:
            self._pending &= await writers()
            if self._pending:
                return False
            self.position = self.drawn
        self.drawn = max(self.position, await drawn())
        self.drawn_at_s = time.monotonic()
        if self.drawn == self.position:
            return True
        # A statement of its own, after the one above: the argument rests on it.
        self._pending = await writers()
        if self._pending:
            return False
        self.position = self.drawn
        return True

    async def settle(self, timeout_s: float) -> None:
        """Go as far as what is drawn by now, or as far as that is in the time given."""
        pause_s = FIRST_PAUSE_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.advance()
                goal = self.drawn
                while self.position < goal:
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, LAST_PAUSE_S)
                    await self.advance()
