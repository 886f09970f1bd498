"""The posting desk: the one door through which money moves (design §2).

Commands that arrive while a group commits form the next group, so there is no timer, and a
thousand purchases at one platform are one update of its wallet.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import chain, islice
from uuid import UUID

import structlog

from models.engines import Conflict, ConnectionLost, Contention, Engine, EngineError
from services.clock import Clock, NewId
from services.figures import Durations
from services.ledger.command import Answered, Command
from services.ledger.group import Fault, Result, find_stuck, post_group
from services.refusals import Refused

log = structlog.get_logger(__name__)

Waiting = tuple[Command, asyncio.Future[Answered], Context]
"""A command, who waits for its answer, and whose request it is, as the log knows it."""

NAMED_REQUESTS = 10
"""How many requests a warning about a group names at the most."""

LOOKED_AT = 32
"""How many waiting commands tell which wallet the next group has to wait for."""

CONFLICT_TRIES = 3
"""How often a lone command meets a uniqueness rule before it is a fault of its own.

The insert that loses has waited for the row that won, so the next try reads that row.
"""


class DeskUnavailable(Exception):
    """The desk could not settle a command now. Asking again with the same key is always safe."""


class DeskFull(DeskUnavailable):
    """The queue is full: the command was not taken."""


class DeskClosed(DeskUnavailable):
    """The desk is draining: the command was not taken."""


@dataclass(slots=True)
class DeskFigures:
    """What the desk has done since it opened.

    ``commands / groups`` is how many commands a transaction carried.
    """

    groups: int = 0
    commands: int = 0
    splits: int = 0
    retries: int = 0
    durations: Durations = field(default_factory=Durations)
    """Of transactions that were committed."""


@dataclass(slots=True)
class Desk:
    """One flush loop over one connection.

    Args:
        engine: The connection, used by nobody else.
        clock: The present.
        new_id: Ids of what is written.
        on_commit: Called after a commit, to wake the feed's readers; must not raise.
        capacity: How many commands may wait before ``DeskFull``.
        group_limit: How many commands go into one transaction at the most.
        tries: How often a group is tried while the database is away.
        pause_s: How long to wait before the second try; doubled each time, up to a second.
    """

    engine: Engine
    clock: Clock
    new_id: NewId
    on_commit: Callable[[], None] = lambda: None
    capacity: int = 20_000
    group_limit: int = 256
    tries: int = 8
    pause_s: float = 0.02
    figures: DeskFigures = field(default_factory=DeskFigures)
    _queue: deque[Waiting] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _shared: UUID | None = None
    _loop: asyncio.Task[None] | None = None
    _closing: bool = False

    @property
    def waiting(self) -> int:
        """How many commands wait for a transaction."""
        return len(self._queue)

    async def open(self) -> None:
        """Connect, and begin to take commands."""
        await self.engine.connect()
        self._loop = asyncio.create_task(self._flush(), name="posting desk")

    async def close(self) -> None:
        """Take no more commands, settle those that wait, and disconnect."""
        self._closing = True
        self._arrived.set()
        if self._loop is not None:
            await asyncio.wait([self._loop])
            if not self._loop.cancelled() and (error := self._loop.exception()) is not None:
                # Its waiters know already.
                log.error("desk was broken off", error=repr(error))
        await self.engine.close()

    async def submit(self, command: Command) -> Answered:
        """Have a command decided and kept; return its answer once it is durable.

        A caller that stops waiting does not stop the command.

        Raises:
            Refused: The answer is no (stored, except ``KEY_REUSED``).
            DeskFull, DeskClosed: The command was not taken.
            DeskUnavailable: Whether it was kept is unknown; ask again with the same key.
        """
        (waiter,) = self._take([command])
        return await waiter

    async def submit_all(self, commands: Sequence[Command]) -> list[Answered | Refused]:
        """Have commands decided in the order given; return an answer or a refusal for each.

        Raises:
            DeskFull, DeskClosed: None of them was taken.
            DeskUnavailable: Whether all were kept is unknown; ask again with the same keys.
        """
        results = await asyncio.gather(*self._take(commands), return_exceptions=True)
        answers: list[Answered | Refused] = []
        for result in results:
            if not isinstance(result, (Answered, Refused)):
                raise result
            answers.append(result)
        return answers

    def _take(self, commands: Sequence[Command]) -> list[asyncio.Future[Answered]]:
        """Put commands into the queue, and return who waits for their answers."""
        if self._closing:
            raise DeskClosed
        if len(self._queue) + len(commands) > self.capacity:
            raise DeskFull
        loop, context = asyncio.get_running_loop(), copy_context()
        waiters: list[asyncio.Future[Answered]] = [loop.create_future() for _ in commands]
        self._queue.extend(
            (command, waiter, context) for command, waiter in zip(commands, waiters, strict=True)
        )
        self._arrived.set()
        return waiters

    async def _flush(self) -> None:
        group: list[Waiting] = []
        try:
            while True:
                await self._arrived.wait()
                await self._take_turn()
                group = [
                    self._queue.popleft() for _ in range(min(len(self._queue), self.group_limit))
                ]
                if group:
                    await self._settle(group)
                    continue
                self._arrived.clear()
                if self._closing:
                    return
        finally:
            # After the last group nobody waits any more. Whoever still does was broken off, by a
            # cancelled loop or an interrupt: what became of the command is unknown.
            self._closing = True
            for _, waiter, _ in (*group, *self._queue):
                _fail(waiter, ConnectionLost("the desk was broken off"))
            self._queue.clear()

    async def _take_turn(self) -> None:
        """Let another desk finish that is at the wallet which the next commands share.

        A group that is formed before has to wait for that wallet all the same, and whatever
        arrives meanwhile has to wait for the group. That holds for the first command of many, too:
        so the wallet that the last ones shared counts as shared when a lone one comes.
        """
        first = [command.wallets for command, _, _ in islice(self._queue, LOOKED_AT)]
        touched = Counter(chain.from_iterable(first))
        if self._shared is not None and self._shared in touched:
            touched[self._shared] += 1
        for wallet_id, times in touched.most_common(1):
            if times > 1:
                self._shared = wallet_id
                await self.engine.take_turn(wallet_id)

    async def _settle(self, group: Sequence[Waiting], *, last: bool = False) -> None:
        """Bring a group to its end: every waiter gets an answer or an error.

        Args:
            group: Commands and their waiters.
            last: Whether the group has been held up before, and is given up when it is again.
        """
        try:
            results = await self._post(group)
        except Contention as error:
            if last:
                for _, waiter, _ in group:
                    _fail(waiter, error)
            else:
                await self._settle_apart(group)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, ConnectionLost):
                # Somewhere in it is a command that the database refuses.
                self.figures.splits += 1
                middle = len(group) // 2
                await self._settle(group[:middle])
                await self._settle(group[middle:])
                return
            if not isinstance(error, EngineError):
                log.exception("desk fault", requests=_requests(group))
            for _, waiter, _ in group:
                _fail(waiter, error)
        else:
            with contextlib.suppress(Exception):
                self.on_commit()
            for (_, waiter, _), result in zip(group, results, strict=True):
                _answer(waiter, result)

    async def _settle_apart(self, group: Sequence[Waiting]) -> None:
        """Settle a group that was held up: those first who do not wait for somebody else's lock."""
        commands = [command for command, _, _ in group]
        try:
            stuck = await self.engine.run(lambda: find_stuck(self.engine, commands))
        except Exception:  # noqa: BLE001 - a probe only; the next try tells
            stuck = set()
        self.figures.retries += 1
        if 0 < len(stuck) < len(group):
            self.figures.splits += 1
            await self._settle([waiting for n, waiting in enumerate(group) if n not in stuck])
            group = [waiting for n, waiting in enumerate(group) if n in stuck]
        await self._settle(group, last=True)

    async def _post(self, group: Sequence[Waiting]) -> list[Result]:
        """Run a group, again and again while the database is away.

        After a connection lost in COMMIT the second run tells the outcome: it waits for the same
        locks, or for the same primary key, and then finds the stored answers or none.

        Raises:
            EngineError: The last try's error.
        """
        commands = [command for command, _, _ in group]
        pause_s = self.pause_s
        lost = conflicts = 0
        while True:
            begun_s = time.perf_counter()
            try:
                results = await self.engine.run(
                    lambda: post_group(self.engine, commands, self.clock, self.new_id)
                )
            except ConnectionLost as error:
                lost += 1
                log.warning(
                    "desk lost the database",
                    attempt=lost,
                    error=str(error),
                    requests=_requests(group),
                )
                if lost >= self.tries:
                    raise
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 1)
            except Conflict:
                # A group is split instead; a command alone meets the row it lost against.
                conflicts += 1
                if len(commands) > 1 or conflicts >= CONFLICT_TRIES:
                    raise
            else:
                self.figures.groups += 1
                self.figures.commands += len(commands)
                self.figures.durations.add(time.perf_counter() - begun_s)
                return results
            self.figures.retries += 1


def _requests(group: Sequence[Waiting]) -> list[str]:
    """Return the ids of the requests whose commands these are, as far as they have any."""
    named = [
        context.run(structlog.contextvars.get_contextvars).get("request_id")
        for _, _, context in group[:NAMED_REQUESTS]
    ]
    return [str(name) for name in named if name]


def _answer(waiter: asyncio.Future[Answered], result: Result) -> None:
    if isinstance(result, Fault):
        _fail(waiter, result.error)
    elif waiter.done():  # its caller has gone; the answer is kept under the key
        return
    elif isinstance(result, Refused):
        waiter.set_exception(result)
    else:
        waiter.set_result(result)


def _fail(waiter: asyncio.Future[Answered], error: Exception) -> None:
    if waiter.done():
        return
    if isinstance(error, (Contention, ConnectionLost)):
        unavailable = DeskUnavailable("the ledger cannot be reached; ask again with the same key")
        unavailable.__cause__ = error
        waiter.set_exception(unavailable)
    elif isinstance(error, StopIteration):  # which no future takes
        fault = RuntimeError("a decision ran out of values")
        fault.__cause__ = error
        waiter.set_exception(fault)
    else:
        waiter.set_exception(error)
