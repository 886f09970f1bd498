"""Up to which position the feed may be read without skipping an event that commits late.

Positions are drawn before the commit, so a higher one may be visible while a lower one is still
on its way: a reader that goes on from the highest it has seen would never see the lower.

On PostgreSQL ``Watermark`` therefore goes in steps, each a statement of its own:

1. read S, the last position drawn;
2. *after that* read W, the transactions that hold the lock which inserting an event takes;
3. read those locks again, until none of W holds it any more; then S may be read,
4. as far as there are events: up to K, the highest visible position that S does not exceed.

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

A crash of the server undoes draws that nobody committed: the sequence goes back, and the same
positions are drawn again, by others. Two things keep a reader from having passed them already:

- It never goes beyond K. What can be seen was committed, so its draw is on disk, and whatever is
  drawn after the crash lies above it. A hole at the very top is passed with the next event.
- S, W and K are of one life of the server. Every session ends in a crash; so the session that
  read S is looked for in each later statement, and when it is gone, all begins anew.

SQLite has one writer, and the counter is part of its transaction: what is drawn is committed.

All of this asks the primary: a replica has neither its sequence nor its locks.
"""

import asyncio
import contextlib
import time
from typing import Any

from tortoise.connection import get_connection

from models.engines.feed import FeedSql, feed_sql

FIRST_PAUSE_S, LAST_PAUSE_S = 0.002, 0.05


async def drawn() -> tuple[int, str]:
    """Return the last position drawn, committed or not, and the session that read it."""
    row = (await _rows(_sql().drawn))[0]
    return int(row["position"]), str(row["session"])


async def writers(session: str) -> frozenset[str] | None:
    """Return the transactions under way that may have drawn a position.

    None when the session is gone, so that the server may have crashed since.
    """
    statement = _sql().writers
    if statement is None:
        return frozenset()
    found = frozenset(row["writer"] for row in await _rows(statement, session))
    return found - {""} if "" in found else None


async def kept(upto: int, session: str) -> int | None:
    """Return the highest position up to this one that no crash takes back; None as above."""
    statement = _sql().kept
    if statement is None:
        return upto
    rows = await _rows(statement, session, upto)
    return int(rows[0]["position"]) if rows else None


def _sql() -> FeedSql:
    return feed_sql(get_connection("default").capabilities.dialect)


async def _rows(statement: str, *values: object) -> list[dict[str, Any]]:
    return await get_connection("default").execute_query_dict(statement, list(values))


class Watermark:
    """The position up to which everything that will ever be there is visible; it only rises.

    ``drawn`` is the last position drawn when that was looked at, ``drawn_at_s`` on the monotonic
    clock.
    """

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self.drawn = position
        self.drawn_at_s = time.monotonic()
        self._session = ""
        self._pending: frozenset[str] = frozenset()

    async def advance(self) -> bool:
        """Go one step; return whether everything drawn when it began may now be read."""
        if self._pending:
            under_way = await writers(self._session)
            if under_way is not None and self._pending & under_way:
                self._pending &= under_way
                return False
            self._pending = frozenset()
            if under_way is not None:
                await self._rise()
        position, self._session = await drawn()
        self.drawn = max(self.position, position)
        self.drawn_at_s = time.monotonic()
        if self.drawn == self.position:
            return True
        # A statement of its own, after the one above: the argument rests on it.
        under_way = await writers(self._session)
        if under_way is None:
            return False
        self._pending = under_way
        return not under_way and await self._rise()

    async def _rise(self) -> bool:
        """Go up to what is there of what was drawn; return whether that is known."""
        position = await kept(self.drawn, self._session)
        if position is None:
            return False
        self.position = self.drawn = max(self.position, position)
        return True

    async def settle(self, timeout_s: float) -> None:
        """Go as far as what is drawn by now, or as far as that is in the time given."""
        pause_s = FIRST_PAUSE_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                settled = await self.advance()
                goal = self.drawn
                while not settled and self.position < goal:
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, LAST_PAUSE_S)
                    settled = await self.advance()
