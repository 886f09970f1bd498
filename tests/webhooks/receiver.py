"""An HTTP server that receives webhooks, and misbehaves as it is told to.

It runs on a thread of its own, so that whoever is tested may be in this process or in another.
"""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Received"], int | None]
"""Says which status a message is answered with; None breaks the connection off."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that arrived, whatever became of it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        """The message, read."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass
class Receiver:
    """What arrived: ``arrived`` is everything, ``accepted`` what was answered with success."""

    port: int
    behave: Behaviour
    arrived: list[Received] = field(default_factory=list)
    accepted: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str = "/") -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until(self, condition: Callable[["Receiver"], bool], within_s: float = 60) -> None:
        """Wait until something is true of what arrived.

        Raises:
            TimeoutError: It did not become true.
        """
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), within_s):
                raise TimeoutError([received.content for received in self.arrived])


def well(_: Received) -> int:
    """Answer everything with success."""
    return 204


def badly(seed: int, *, rate: float = 0.5) -> Behaviour:
    """Fail at random: errors, connections cut after the message was received, redirects."""
    chance = random.Random(seed)
    lock = threading.Lock()

    def behave(_: Received) -> int | None:
        with lock:
            if chance.random() >= rate:
                return 200
            return chance.choice([500, 503, 429, 302, None])

    return behave


@contextmanager
def receiving(behave: Behaviour = well) -> Iterator[Receiver]:
    """Run a receiver on a free port of loopback for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.path, headers, self.rfile.read(length))
            status = receiver.behave(received)
            with receiver.changed:
                receiver.arrived.append(received)
                if status is not None and 200 <= status < 300:
                    receiver.accepted.append(received)
                receiver.changed.notify_all()
            self.close_connection = True
            if status is None:
                return
            self.send_response(status)
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1], behave)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
