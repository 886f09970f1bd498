"""Serving: one process, or several that share a listening socket; both drain before they end."""

import asyncio
import contextlib
import faulthandler
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence

import structlog
import uvicorn

from app.asgi import Application, create_application
from app.settings import Settings

BACKLOG = 2048
DRAIN_S = 30
"""How long requests in flight may take to finish."""
END_S = DRAIN_S + 15
"""How long a server process may take to end after SIGTERM, before it gives up on what hangs."""
KILL_S = END_S + 5
"""After how long its parent kills a server process that has not even given up."""
CHECK_S = 0.5
"""How often the parent looks after its server processes."""

log = structlog.get_logger(__name__)


class DrainingServer(uvicorn.Server):
    """A server that says goodbye: sockets get 1001, requests in flight finish, the desk empties."""

    def __init__(
        self, config: uvicorn.Config, application: Application, end_s: float = END_S
    ) -> None:
        super().__init__(config)
        self._application = application
        self.end_s = end_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, close the WebSockets, and wait for what is in flight."""
        # What cannot be ended in time ends all the same, and its log tells where it stood.
        faulthandler.dump_traceback_later(self.end_s, exit=True)
        self._application.draining = True
        for server in self.servers:
            server.close()
        # uvicorn would close them with 1012, which does not say that the server goes away.
        await self._application.sockets.close_all()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take SIGTERM and SIGINT for a wish to drain; whoever has drained has not failed."""
        with super().capture_signals():
            yield
            # uvicorn would raise them again now, and the process would end as if it were killed.
            self._captured_signals.clear()

    def drain_when_closed(self, pipe: int) -> None:
        """Drain when the other end of a pipe is closed."""
        loop = asyncio.get_running_loop()

        def readable() -> None:
            if not os.read(pipe, 1):
                loop.remove_reader(pipe)
                self.should_exit = True

        loop.add_reader(pipe, readable)


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: The address is taken, or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def serve_one(settings: Settings, listener: socket.socket, parent: int | None = None) -> None:
    """Serve in this process until SIGTERM or SIGINT.

    Args:
        settings: Of this process.
        listener: Where requests come from.
        parent: The reading end of a pipe that is closed when the parent process ends.
    """
    application = create_application(settings)
    config = uvicorn.Config(
        application.asgi,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=application.limits.body_bytes,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=DRAIN_S,
        server_header=False,
    )
    server = DrainingServer(config, application)

    async def serve() -> None:
        if parent is not None:
            server.drain_when_closed(parent)
        await server.serve(sockets=[listener])

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


def serve_many(listener: socket.socket, workers: int) -> None:
    """Keep ``workers`` processes serving one socket until SIGTERM; replace any that dies."""
    command = [sys.executable, "-m", "app", "serve", "--socket", str(listener.fileno())]
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)

    def start() -> subprocess.Popen[bytes]:
        # The children are signalled by this process alone, so that they drain once; should it be
        # killed itself, its end of their standard input closes, and they drain as well.
        return subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )

    children = [start() for _ in range(workers)]
    while not stopping:
        for index, child in enumerate(children):
            try:
                child.wait(timeout=CHECK_S / workers)
            except subprocess.TimeoutExpired:
                continue
            if not stopping:
                log.error("server process ended", pid=child.pid, code=child.returncode)
                child.communicate()  # closes the pipe
                children[index] = start()
    # While this process listens as well, the system would let clients connect to nobody.
    listener.close()
    _drain(children)


def _drain(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.communicate(timeout=KILL_S)
        except subprocess.TimeoutExpired:
            log.exception("server process killed", pid=child.pid)
            child.kill()
            child.communicate()
