"""The process's one reader of the feed, and those who follow it live.

However many follow, new events are read once, from the database, when the bus wakes the reader or
a second has passed; then each is handed to the followers of its audience.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from models import FeedEvent
from services.notifications.bus import Bus
from services.notifications.hearing import Hearing
from services.notifications.items import FeedItem, Gap
from services.notifications.reading import BATCH, stretch
from services.notifications.watermark import FIRST_PAUSE_S, LAST_PAUSE_S, Watermark

log = structlog.get_logger(__name__)

CAPACITY = 1000
"""How many events may wait for one follower."""

BATCHES_A_LOOK = 20
LOOK_S = 30.0
"""How long a look may take, in seconds: a database that says nothing is asked anew."""

NAMED_AUDIENCES = 100
"""Up to how many followed audiences are named to the database; with more, all events are read."""


class Overflowed(Exception):
    """A follower was too slow and was closed. It comes back with ``after`` and misses nothing."""


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """How the reader is doing.

    Attributes:
        position: Up to where events were handed over.
        behind: How many positions are drawn beyond it, as last seen.
        behind_s: For how long anything has been waiting, in seconds.
        followers: How many follow live now.
        read: How many events were read since the start.
        overflowed: How many followers were closed for being slow.
        faults: How often the database could not be read.
    """

    position: int
    behind: int
    behind_s: float
    followers: int
    read: int
    overflowed: int
    faults: int


class Follower:
    """A live reader's queue: iterate over it, and close it.

    The iteration ends when the feed stops, and raises ``Overflowed`` when more than ``capacity``
    events wait; what waited is dropped, since it is in the database.
    """

    def __init__(
        self, hearing: Hearing, capacity: int, leave: Callable[["Follower"], None]
    ) -> None:
        self.hearing = hearing
        self._capacity = capacity
        self._leave = leave
        self._waiting: deque[FeedItem | Gap] = deque()
        self._changed = asyncio.Event()
        self._overflowed = False
        self._closed = False

    def offer(self, item: FeedItem | Gap) -> bool:
        """Queue an event if it is for this reader; return False when the queue has overflowed."""
        if isinstance(item, FeedItem) and not self.hearing.takes(item):
            return True
        if len(self._waiting) >= self._capacity:
            self._overflowed = True
            self._waiting.clear()
        else:
            self._waiting.append(item)
        self._changed.set()
        return not self._overflowed

    def end(self) -> None:
        """End the iteration after what waits."""
        self._closed = True
        self._changed.set()

    def close(self) -> None:
        """Follow no longer."""
        self._leave(self)
        self._waiting.clear()
        self.end()

    def __aiter__(self) -> "Follower":
        """Return itself."""
        return self

    async def __anext__(self) -> FeedItem | Gap:
        """Return what comes next, waiting for it.

        Raises:
            Overflowed: This reader was too slow.
        """
        while True:
            if self._overflowed:
                raise Overflowed
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()


class Feed:
    """The reader of one process.

    Args:
        bus: What wakes it.
        poll_s: After how long it looks unasked, in seconds.
        rest_s: How long it rests after each look, in seconds, so that many commits are one look.
        idle_s: How long it rests while nobody follows.
        batch: How many events it reads at once.
        capacity: How many events may wait for one follower.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        poll_s: float = 1.0,
        rest_s: float = 0.01,
        idle_s: float = 0.25,
        batch: int = BATCH,
        capacity: int = CAPACITY,
    ) -> None:
        self.position = 0
        """Every event up to here that a follower hears has been handed to it."""
        self.batch = batch
        self._bus = bus
        self._poll_s = poll_s
        self._rest_s = rest_s
        self._idle_s = idle_s
        self._capacity = capacity
        self._watermark = Watermark()
        self._followers: dict[str, set[Follower]] = {}
        self._count = 0
        self._woken = asyncio.Event()
        self._followed = asyncio.Event()
        self._stop_listening: Callable[[], None] = lambda: None
        self._tail: asyncio.Task[None] | None = None
        self._looked_at_s = time.monotonic()
        self._read = 0
        self._overflowed = 0
        self._faults = 0

    async def start(self) -> None:
        """Begin where the feed ends now."""
        await self._watermark.advance()
        self.position = self._watermark.position
        self._stop_listening = self._bus.listen(self._woken.set)
        self._tail = asyncio.create_task(self._run(), name="feed reader")

    async def stop(self) -> None:
        """Read no more, and end every follower."""
        self._stop_listening()
        if self._tail is not None:
            self._tail.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tail
        for follower in {f for followers in self._followers.values() for f in followers}:
            follower.end()

    @property
    def figures(self) -> FeedFigures:
        """How the reader is doing now."""
        now_s = time.monotonic()
        behind = self._watermark.drawn - self.position
        silent_s = now_s - self._looked_at_s
        behind_s = now_s - self._watermark.drawn_at_s if behind else 0.0
        return FeedFigures(
            position=self.position,
            behind=behind,
            # Nor does anybody know what waits in a database that does not answer.
            behind_s=max(behind_s, silent_s) if silent_s > 2 * self._poll_s else behind_s,
            followers=self._count,
            read=self._read,
            overflowed=self._overflowed,
            faults=self._faults,
        )

    def listen(self, hearing: Hearing) -> Follower:
        """Follow from ``position``: every event above it will be offered.

        It does not wait, so whoever has read everything up to ``position`` goes on without a seam.
        """
        follower = Follower(hearing, self._capacity, self._leave)
        for audience in hearing.audiences:
            self._followers.setdefault(audience, set()).add(follower)
        self._count += 1
        self._followed.set()
        return follower

    def _leave(self, follower: Follower) -> None:
        left = False
        for audience in follower.hearing.audiences:
            followers = self._followers.get(audience, set())
            left = left or follower in followers
            followers.discard(follower)
            if not followers:
                self._followers.pop(audience, None)
        self._count -= left
        if not self._count:
            self._followed.clear()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            pause_s = self._poll_s
            try:
                async with asyncio.timeout(LOOK_S):
                    settled = await self._look()
            except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering
                # The events are in it, and are read when it comes back.
                self._faults += 1
                log.warning("feed reader", error=repr(error))
                await asyncio.sleep(self._poll_s)
                continue
            self._looked_at_s = time.monotonic()
            if not settled:
                # There is more, or somebody who may have drawn a position has not committed yet.
                waited_s = self._looked_at_s - self._watermark.drawn_at_s
                pause_s = min(max(waited_s / 2, FIRST_PAUSE_S), LAST_PAUSE_S)
            await self._rest()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    async def _rest(self) -> None:
        if self._followed.is_set():
            await asyncio.sleep(self._rest_s)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._idle_s):
                await self._followed.wait()

    async def _look(self) -> bool:
        """Hand over what may be read; return whether that is all that was drawn."""
        settled = await self._watermark.advance()
        for _ in range(BATCHES_A_LOOK):
            if not self._followers:
                self.position = self._watermark.position
            if self.position >= self._watermark.position:
                return settled
            await self._hand_over(self._watermark.position)
        return False

    async def _hand_over(self, upto: int) -> None:
        everybody = FeedEvent.all()
        audiences = set(self._followers)
        few = len(audiences) <= NAMED_AUDIENCES
        events = everybody.filter(audience__in=sorted(audiences)) if few else everybody
        part = await stretch(events, self.position, upto, self.batch)
        if few and not self._followers.keys() <= audiences:
            # Somebody came meanwhile whose events were not asked for.
            part = await stretch(everybody, self.position, upto, self.batch)
        # From here to the new position nothing waits: nobody can come in between.
        if part.gap is not None:
            for follower in {f for followers in self._followers.values() for f in followers}:
                self._offer(follower, part.gap)
        for row in part.rows:
            followers = self._followers.get(row[-1])
            if followers:
                item = FeedItem.of(row)
                for follower in tuple(followers):
                    self._offer(follower, item)
        self._read += len(part.rows)
        self.position = part.end

    def _offer(self, follower: Follower, item: FeedItem | Gap) -> None:
        if not follower.offer(item):
            self._overflowed += 1
            self._leave(follower)
