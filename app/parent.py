"""The parent of several server processes: it accepts connections, and each goes to one of them.

It gives a connection to the process that has the fewest, keeps as many processes serving as were
asked for, and has them drain before it ends. Nobody who connects is refused while none of them
can take anybody: the system keeps those who connect waiting for a moment.
"""

import asyncio
import contextlib
import itertools
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog
import uvloop

from app.handover import Handover
from app.listening import BACKLOG
from app.metrics.gathering import ask_sheet
from app.metrics.page import serve_metrics
from app.metrics.process import read_itself, watch_lag
from app.metrics.serving import (
    CONNECTIONS_WAITING,
    PROCESSES_ENDED,
    PROCESSES_SERVING,
    PROCESSES_SILENT,
    PROCESSES_WANTED,
)
from app.metrics.sheet import Sheet
from app.serving import END_S
from app.settings import Settings
from services.figures import Durations

KILL_S = END_S + 5
"""After how long a server process that has not even given up is killed."""
ACCEPTED_AT_ONCE = 64
PAUSE_S = 0.05
"""How long to wait when no process can take a connection now, or the system has no means."""
FIRST_REST_S, LAST_REST_S = 0.5, 8.0
"""How long to wait before a process is started again that never came to serve: doubled each time,
up to the last."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Server:
    """A server process. ``number`` tells it from the others that live now."""

    number: int
    process: Process
    handover: Handover
    has_served: bool = False
    is_replaced: bool = False


class Parent:
    """Keeps server processes and spreads connections over them.

    Args:
        settings: Of the processes.
        listener: Where connections come from.
        count: How many processes serve.
        metrics: Where Prometheus asks.
        command: Starts a server process, when the descriptor of its channel follows.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        count: int,
        metrics: socket.socket | None = None,
        command: Sequence[str] = (sys.executable, "-m", "app", "serve", "--channel"),
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._count = count
        self._metrics = metrics
        self._command = command
        self._servers: list[Server] = []
        self._waiting: deque[socket.socket] = deque()
        self._given = itertools.count(1)
        self._stop = asyncio.Event()
        self._rest_s = FIRST_REST_S
        self._tasks = asyncio.TaskGroup()
        self._accepting = False
        self._is_open = True
        self._lag = Durations()
        self._ended = 0

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then drain."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        self._listener.settimeout(0)
        async with self._tasks, serve_metrics(self._metrics, self._sheets):
            watch = self._tasks.create_task(watch_lag(self._lag))
            for _ in range(self._count):
                await self._start()
            await self._stop.wait()
            await self._drain()
            watch.cancel()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # The processes are signalled by this one alone, so that they drain once; should it be
            # killed itself, its end of their channel closes, and they drain as well.
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                stdin=DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        taken = {server.number for server in self._servers}
        number = next(number for number in itertools.count() if number not in taken)
        server = Server(number, process, Handover(ours, self._changed))
        self._servers.append(server)
        self._tasks.create_task(self._watch(server))

    async def _watch(self, server: Server) -> None:
        code = await server.process.wait()
        if not self._stop.is_set():
            self._ended += 1
            log.error("server process ended", pid=server.process.pid, code=code)
        # What it told before it ended may not have been read yet.
        server.handover.read()
        self._servers.remove(server)
        self._waiting.extend(server.handover.take_back())
        server.handover.close()
        self._pass_on()
        await self._replace(server)

    async def _replace(self, server: Server) -> None:
        if server.is_replaced or self._stop.is_set():
            return
        server.is_replaced = True
        rests = not server.has_served
        while True:
            if rests:
                rest_s, self._rest_s = self._rest_s, min(self._rest_s * 2, LAST_REST_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), rest_s)
            if self._stop.is_set():
                return
            try:
                await self._start()
            except OSError as error:
                log.error("cannot start a server process", error=str(error))  # noqa: TRY400 - as below
                rests = True
            else:
                return

    def _changed(self, handover: Handover) -> None:
        server = next(server for server in self._servers if server.handover is handover)
        if handover.is_serving:
            server.has_served, self._rest_s = True, FIRST_REST_S
            self._pass_on()
        elif handover.is_leaving:
            # Its successor need not wait until the last of its requests is answered.
            self._tasks.create_task(self._replace(server))

    def _pass_on(self) -> None:
        """Give away what waits, and then accept, as long as there is somebody to give it to."""
        while self._waiting and self._give(self._waiting[0]):
            self._waiting.popleft()
        loop = asyncio.get_running_loop()
        could = (
            self._is_open
            and not self._waiting
            and any(server.handover.is_serving for server in self._servers)
        )
        if could and not self._accepting:
            loop.add_reader(self._listener, self._accept)
        elif self._accepting and not could:
            loop.remove_reader(self._listener)
        self._accepting = could
        if self._waiting:
            loop.call_later(PAUSE_S, self._pass_on)

    def _accept(self, at_most: int = ACCEPTED_AT_ONCE) -> None:
        for _ in range(at_most):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # Above all, too many open files: closing some takes time.
                log.error("cannot accept", error=str(error))  # noqa: TRY400 - no traceback helps
                asyncio.get_running_loop().remove_reader(self._listener)
                self._accepting = False
                asyncio.get_running_loop().call_later(PAUSE_S, self._pass_on)
                return
            if not self._give(connection):
                self._waiting.append(connection)
                self._pass_on()
                return

    def _give(self, connection: socket.socket) -> bool:
        serving = [server.handover for server in self._servers if server.handover.is_serving]
        return any(
            handover.give(connection, next(self._given))
            for handover in sorted(
                serving, key=lambda handover: (handover.is_stuck, handover.load, handover.given)
            )
        )

    async def _drain(self) -> None:
        for server in self._servers:
            server.handover.announce_end()
        await asyncio.sleep(self._settings.drain_delay_s)
        # Those who have connected by now are served; while this process listened and accepted no
        # more, the system would let others connect to nobody.
        self._accept(BACKLOG)
        self._is_open = False
        self._pass_on()
        self._listener.close()
        await asyncio.gather(*(self._end(server) for server in tuple(self._servers)))
        while self._waiting:
            self._waiting.popleft().close()

    async def _end(self, server: Server) -> None:
        with contextlib.suppress(ProcessLookupError):
            server.process.terminate()
        try:
            await asyncio.wait_for(server.process.wait(), KILL_S)
        except TimeoutError:
            log.exception("server process killed", pid=server.process.pid)
            server.process.kill()

    async def _sheets(self) -> list[Sheet]:
        """Return the figures of every process, and those of the house once."""
        serving = [server for server in self._servers if server.handover.is_serving]
        asked = [
            ask_sheet(
                str(server.number),
                partial(server.handover.ask_figures, of_house=place == 0),
            )
            for place, server in enumerate(serving)
        ]
        sheets = [sheet for sheet in await asyncio.gather(*asked) if sheet is not None]
        own = (
            PROCESSES_WANTED.at(self._count),
            PROCESSES_SERVING.at(len(serving)),
            PROCESSES_SILENT.at(len(serving) - len(sheets)),
            PROCESSES_ENDED.at(self._ended),
            CONNECTIONS_WAITING.at(len(self._waiting)),
            *read_itself(self._lag),
        )
        return [*sheets, Sheet("parent", own)]


def serve_many(
    settings: Settings, listener: socket.socket, count: int, metrics: socket.socket | None
) -> None:
    """Keep ``count`` processes serving what a socket brings, until SIGTERM or SIGINT."""

    async def serve() -> None:
        await Parent(settings, listener, count, metrics).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
