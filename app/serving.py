"""Serving: one process, or several that share a listening socket; both drain before they end."""

import asyncio
import signal
import socket
import subprocess
import sys

import structlog
import uvicorn

from app.asgi import Application, create_application
from app.settings import Settings

BACKLOG = 2048
DRAIN_S = 30
RESTART_PAUSE_S = 0.5

log = structlog.get_logger(__name__)


class DrainingServer(uvicorn.Server):
    """A server that says goodbye: sockets get 1001, requests in flight finish, the desk empties."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, close the WebSockets, and wait for what is in flight."""
        self._application.draining = True
        for server in self.servers:
            server.close()
        # uvicorn would close them with 1012, which does not say that the server goes away.
        await self._application.sockets.close_all()
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: The address is taken.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.listen(BACKLOG)
    return listener


def serve_one(settings: Settings, listener: socket.socket) -> None:
    """Serve in this process until SIGTERM or SIGINT."""
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
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(DrainingServer(config, application).serve(sockets=[listener]))


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
        # The children are signalled by this process alone, so that they drain once.
        return subprocess.Popen(  # noqa: S603 - our own program
            command, pass_fds=[listener.fileno()], start_new_session=True
        )

    children = [start() for _ in range(workers)]
    while not stopping:
        for index, child in enumerate(children):
            try:
                child.wait(timeout=RESTART_PAUSE_S / workers)
            except subprocess.TimeoutExpired:
                continue
            if not stopping:
                log.error("server process ended", pid=child.pid, code=child.returncode)
                children[index] = start()
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
