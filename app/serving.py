"""Serving in one process, with a drain before its end (``app/parent.py`` keeps several)."""

import asyncio
import contextlib
import faulthandler
import socket
from array import array
from collections.abc import Coroutine, Generator
from fcntl import ioctl
from http import HTTPStatus
from termios import FIONREAD

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.asgi import Application, create_application
from app.collector import spare_what_stays
from app.handover import Door
from app.listening import BACKLOG
from app.metrics.page import serve_metrics, write_into
from app.safety import HEADERS, HTTPS_HEADERS
from app.settings import Settings

DRAIN_S = 30
"""How long requests in flight may take to finish."""
END_S = DRAIN_S + 15
"""How long a server process may take to end once it drains, before it gives up on what hangs."""
KEEP_ALIVE_S = 75
"""After how long a connection without requests is closed: later than proxies close theirs, so that
none sends a request into a connection that is being closed."""
GRACE_S = 1.0
"""How long a drain waits for the next request of those who have just connected or been answered.

Its answer ends the connection; closing one at the moment when a request is on its way loses it.
"""
LOOK_S = 0.02
"""How often it looks whether that has come."""
ARRIVAL_S = 30.0
"""Within what time a request must have arrived whole: from the connection, or the first byte."""
STUCK_S = 30.0
"""How long somebody may not read what is written to them, or hold up the end of a connection."""
HEAD_BYTES = 32_768
"""Of a request before its body."""
HEADERS_MAX = 100
TICKS_A_SECOND = 10


class PoliteProtocol(HttpToolsProtocol):
    """HTTP that closes no connection while a request waits in it unread, and waits for none long.

    A request that dawdles, or whose head does not end, is answered and its connection closed.
    """

    answered_at_s = float("-inf")
    _arriving_since_s: float | None = None
    _in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._arriving_since_s = self.loop.time()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        if self._arriving_since_s is None:
            self._arriving_since_s = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Read on, unless the request's head is too large."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._give_up(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Go on to the body.

        Raises:
            ValueError: There are too many headers, which the parser tells as a bad request.
        """
        self._in_head = False
        if len(self.headers) > HEADERS_MAX:
            raise ValueError("too many headers")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Have the whole request."""
        self._arriving_since_s = None
        super().on_message_complete()

    def give_up_if_late(self, now_s: float) -> None:
        """Close when a request takes too long to arrive."""
        since_s = self._arriving_since_s
        if since_s is not None and now_s - since_s > ARRIVAL_S:
            self._give_up(HTTPStatus.REQUEST_TIMEOUT)

    @property
    def is_unread(self) -> bool:
        """Whether the other side does not read what is written to it."""
        return self.flow.write_paused

    def _give_up(self, status: HTTPStatus) -> None:
        if self.transport.is_closing():
            return
        cycle = self._last_cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            self.transport.write(f"{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        self.transport.close()

    @property
    def is_expectant(self) -> bool:
        """Whether the other side may be about to ask: it has just connected or been answered."""
        cycle = self._last_cycle
        return cycle is None or (
            cycle.response_complete and self.loop.time() - self.answered_at_s < GRACE_S
        )

    def on_response_complete(self) -> None:
        """Remember when it was."""
        self.answered_at_s = self.loop.time()
        super().on_response_complete()

    def shutdown(self) -> None:
        """Close when there is nothing to answer; an answer while draining closes by itself."""
        cycle = self._last_cycle
        idle = cycle is None or cycle.response_complete
        if not (idle and self._has_unread()):
            super().shutdown()

    @property
    def _last_cycle(self) -> RequestResponseCycle | None:
        return self.cycle  # which uvicorn declares as if it were always there

    def _has_unread(self) -> bool:
        count = array("i", [0])
        try:
            ioctl(self.transport.get_extra_info("socket").fileno(), FIONREAD, count)
        except OSError:
            return False
        return count[0] > 0


class DrainingServer(uvicorn.Server):
    """A server that says goodbye: sockets get 1001, requests in flight finish, the desk empties.

    Args:
        config: uvicorn's.
        application: What it serves.
        channel: Where connections are handed over; without it they come from listening sockets.
        end_s: How long the drain may take before the process gives up.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        application: Application,
        channel: socket.socket | None = None,
        end_s: float = END_S,
    ) -> None:
        super().__init__(config)
        self._application = application
        self._arriving: set[asyncio.Task[object]] = set()
        self._showing: set[asyncio.Task[None]] = set()
        self._door = None if channel is None else self._door_at(channel)
        self._stuck_since_s: dict[asyncio.Protocol, float] = {}
        self.end_s = end_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve: connections may be handed over from now on."""
        await super().startup(sockets)
        self._application.count_connections = lambda: len(self.server_state.connections)
        if self._door is not None:
            self._door.open()

    async def on_tick(self, counter: int) -> bool:
        """Tell how many connections are open, ten times a second, and once drop who dawdles."""
        if self._door is not None:
            self._door.tell()
        if counter % TICKS_A_SECOND == 0:
            self.drop_dawdlers(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, close the WebSockets, and wait for what is in flight."""
        self._application.draining = True
        if self._door is None:
            await asyncio.sleep(self._application.settings.drain_delay_s)
        # What cannot be ended in time ends all the same, and its log tells where it stood.
        faulthandler.dump_traceback_later(self.end_s, exit=True)
        if self._door is not None:
            self._door.close()
        for listener in sockets or ():
            self._accept_last(listener)
        for server in self.servers:
            server.close()
        await asyncio.gather(*self._arriving, return_exceptions=True)
        # uvicorn would close them with 1012, which does not say that the server goes away.
        await self._application.sockets.close_all()
        await self._hear_out()
        await super().shutdown(sockets)

    def drop_dawdlers(self, now_s: float) -> None:
        """Close the connections of those who do not ask in time, or do not read, or do not end."""
        stuck_since_s: dict[asyncio.Protocol, float] = {}
        for connection in tuple(self.server_state.connections):
            polite = connection if isinstance(connection, PoliteProtocol) else None
            if polite is not None:
                polite.give_up_if_late(now_s)
            if connection.transport.is_closing() or (polite is not None and polite.is_unread):
                since_s = self._stuck_since_s.get(connection, now_s)
                stuck_since_s[connection] = since_s
                if now_s - since_s > STUCK_S:
                    connection.transport.abort()
        self._stuck_since_s = stuck_since_s

    def take(self, connection: socket.socket) -> None:
        """Serve a connection that somebody else has accepted."""
        connection.settimeout(0)
        loop = asyncio.get_running_loop()
        arriving = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take SIGTERM and SIGINT for a wish to drain; whoever has drained has not failed."""
        with super().capture_signals():
            yield
            # uvicorn would raise them again now, and the process would end as if it were killed.
            self._captured_signals.clear()

    def _door_at(self, channel: socket.socket) -> Door:
        def unready() -> None:
            self._application.draining = True

        def lost() -> None:
            self.should_exit = True

        def count() -> int:
            return len(self.server_state.connections) + len(self._arriving)

        return Door(
            channel, take=self.take, count=count, show=self._show, unready=unready, lost=lost
        )

    def _show(self, into: socket.socket, of_house: bool) -> None:  # noqa: FBT001 - a callback
        readings = self._application.readings(of_house=of_house)
        showing = asyncio.get_running_loop().create_task(write_into(into, readings))
        self._showing.add(showing)
        showing.add_done_callback(self._showing.discard)

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes it
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def _accept_last(self, listener: socket.socket) -> None:
        """Take those who have connected by now; the system would turn them away."""
        listener.settimeout(0)
        with contextlib.suppress(OSError):
            for _ in range(BACKLOG):
                self.take(listener.accept()[0])

    async def _hear_out(self) -> None:
        """Wait a moment for what those who are there now are about to ask."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                while any(  # noqa: ASYNC110 - uvicorn tells of no arrival
                    isinstance(connection, PoliteProtocol) and connection.is_expectant
                    for connection in self.server_state.connections
                ):
                    await asyncio.sleep(LOOK_S)


def serve_here(
    settings: Settings, listener: socket.socket, metrics: socket.socket | None = None
) -> None:
    """Serve in this process alone until SIGTERM or SIGINT.

    Args:
        settings: Of this process.
        listener: Where requests come from.
        metrics: Where Prometheus asks.
    """
    application = create_application(settings)
    server = DrainingServer(_config(application), application)

    async def serve() -> None:
        async with serve_metrics(metrics, application.sheets):
            await server.serve(sockets=[listener])

    _run(server, serve())


def serve_behind(settings: Settings, channel: socket.socket) -> None:
    """Serve what a parent process hands over, until SIGTERM or the parent's end.

    Args:
        settings: Of this process.
        channel: To the parent.
    """
    application = create_application(settings)
    server = DrainingServer(_config(application), application, channel)
    _run(server, server.serve(sockets=[]))


def _config(application: Application) -> uvicorn.Config:
    https = HTTPS_HEADERS if application.settings.https else ()
    return uvicorn.Config(
        application,
        http=PoliteProtocol,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=application.limits.body_bytes,
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
        headers=[*HEADERS, *https],
        server_header=False,
        proxy_headers=False,  # whom to believe is for COFFER_TRUSTED_PROXIES to say
    )


def _run(server: DrainingServer, serving: Coroutine[None, None, None]) -> None:
    spare_what_stays()
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serving)
