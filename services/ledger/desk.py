"""The posting desk: the one door through which money moves (design §2).

Commands that arrive while a group commits form the next group, so there is no timer, and a
thousand purchases at one platform are one update of its wallet.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from models.engines import Conflict, ConnectionLost, Contention, Engine, EngineError
from services.clock import Clock, NewId
from services.ledger.command import Answered, Command
from services.ledger.group import Fault, Result, post_group
from services.refusals import Refused

log = structlog.get_logger(__name__)


class DeskUnavailable(Exception):  # noqa: N818 - names the state
    """The desk could not settle a command now. Asking again with the same key is always safe."""


class DeskFull(DeskUnavailable):
    """The queue is full: the command was not taken."""


class DeskClosed(DeskUnavailable):
    """The desk is draining: the command was not taken."""


@dataclass(slots=True)
class DeskFigures:
    """What the desk has done since it opened."""

    groups: int = 0
    commands: int = 0
    splits: int = 0
    retries: int = 0


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
        tries: How often a group is tried when the database is busy or away.
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
    _queue: deque[tuple[Command, asyncio.Future[Answered]]] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.Task[None] | None = None
    _closing: bool = False

    async def open(self) -> None:
        """Connect, and begin to take commands."""
        await self.engine.connect()
        self._loop = asyncio.create_task(self._flush(), name="posting desk")

    async def close(self) -> None:
        """Take no more commands, settle those that wait, and disconnect."""
        self._closing = True
        self._arrived.set()
        if self._loop is not None:
            await self._loop
        await self.engine.close()

    async def submit(self, command: Command) -> Answered:
        """Have a command decided and kept; return its answer once it is durable.

        A caller that stops waiting does not stop the command.

        Raises:
            Refused: The answer is no (stored, except ``KEY_REUSED``).
            DeskFull, DeskClosed: The command was not taken.
            DeskUnavailable: Whether it was kept is unknown; ask again with the same key.
        """
        if self._closing:
            raise DeskClosed
        if len(self._queue) >= self.capacity:
            raise DeskFull
        waiter: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._queue.append((command, waiter))
        self._arrived.set()
        return await waiter

    async def _flush(self) -> None:
        while True:
            await self._arrived.wait()
            group = [
                self._queue.popleft() for _ in range(min(len(self._queue), self.group_limit))
            ]
            if not group:
                self._arrived.clear()
                if self._closing:
                    return
                continue
            await self._settle(group)

    async def _settle(self, group: Sequence[tuple[Command, asyncio.Future[Answered]]]) -> None:
        """Bring a group to its end: every waiter gets an answer or an error."""
        commands = [command for command, _ in group]
        try:
            results = await self._post(commands)
        except (Conflict, EngineError) as error:
            if len(group) > 1 and not isinstance(error, (Contention, ConnectionLost)):
                self.figures.splits += 1
                middle = len(group) // 2
                await self._settle(group[:middle])
                await self._settle(group[middle:])
                return
            for _, waiter in group:
                _fail(waiter, error)
            return
        except Exception as error:  # noqa: BLE001 - the loop must outlive any fault
            log.exception("desk fault")
            for _, waiter in group:
                _fail(waiter, error)
            return
        with contextlib.suppress(Exception):
            self.on_commit()
        for (_, waiter), result in zip(group, results, strict=True):
            _answer(waiter, result)

    async def _post(self, commands: Sequence[Command]) -> list[Result]:
        """Run a group, again and again while the database is busy or away.

        After a connection lost in COMMIT the second run tells the outcome: it waits for the same
        locks, or for the same primary key, and then finds the stored answers or none.

        Raises:
            EngineError: The last try's error.
        """
        pause_s = self.pause_s
        for attempt in range(1, self.tries + 1):
            try:
                results = await self.engine.run(
                    lambda: post_group(self.engine, commands, self.clock(), self.new_id)
                )
            except (Contention, ConnectionLost) as error:
                log.warning("desk retries", attempt=attempt, error=type(error).__name__)
                if attempt == self.tries:
                    raise
            except Conflict:
                # A group is split instead; a command alone meets the row it lost against.
                if len(commands) > 1 or attempt == self.tries:
                    raise
            else:
                self.figures.groups += 1
                self.figures.commands += len(commands)
                return results
            self.figures.retries += 1
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 1)
        message = "tries must be at least one"
        raise ValueError(message)


def _answer(waiter: asyncio.Future[Answered], result: Result) -> None:
    if waiter.done():  # its caller has gone; the answer is kept under the key
        return
    if isinstance(result, Answered):
        waiter.set_result(result)
    elif isinstance(result, Refused):
        waiter.set_exception(result)
    else:
        assert isinstance(result, Fault)  # noqa: S101 - the last of the union
        waiter.set_exception(result.error)


def _fail(waiter: asyncio.Future[Answered], error: Exception) -> None:
    if waiter.done():
        return
    if isinstance(error, (Contention, ConnectionLost)):
        unavailable = DeskUnavailable("the ledger cannot be reached; ask again with the same key")
        unavailable.__cause__ = error
        waiter.set_exception(unavailable)
    else:
        waiter.set_exception(error)
