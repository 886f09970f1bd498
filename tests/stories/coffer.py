"""Coffer as its users run it: ``python -m app`` in processes of its own, on loopback."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from app.key_file import write_keyring
from services.vault import Keyring
from tests.stories.sandbox_bank import SandboxBank

ROOT = Path(__file__).parent.parent.parent
ACCEPT_INVITATION = """mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { __typename ... on Refusal { code } } }"""
READY_S = 60.0
DRAIN_S = 60.0


class NotReady(Exception):
    """The server did not come up; the message ends with what it logged."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on, below those for outgoing connections."""
    while True:
        port = 20_000 + int.from_bytes(os.urandom(2), "big") % 12_000
        with contextlib.closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Coffer:
    """One set-up of Coffer: its settings, its command line, its server and worker processes.

    A sandbox bank starts with the server, unless the settings are those of development.

    Args:
        environment: The ``COFFER_`` settings, without the port.
        workers: Server processes behind one port; with more than one a worker process runs too.
        port: To listen on, in place of a free one.
    """

    def __init__(
        self, environment: Mapping[str, str], workers: int = 1, port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.workers = workers
        self.bank = None if "COFFER_DEV" in environment else SandboxBank(free_port(), self.port)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COFFER_")},
            "COFFER_DRAIN_DELAY_S": "0",
            **(self.bank.environment if self.bank else {}),
            **environment,
            "COFFER_PORT": str(self.port),
        }
        self._keys = tempfile.TemporaryDirectory(prefix="coffer-keys-")
        if "COFFER_KEY_FILE" not in environment:
            key_file = Path(self._keys.name) / "keys.json"
            write_keyring(key_file, Keyring.fresh())
            self._environment["COFFER_KEY_FILE"] = str(key_file)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the object
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._told: set[int] = set()

    @property
    def url(self) -> str:
        """The address of GraphQL over HTTP."""
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def socket_url(self) -> str:
        """The address of GraphQL over WebSocket."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self._environment["COFFER_DATABASE_URL"]

    @property
    def metrics_port(self) -> int:
        """The port where Prometheus asks."""
        return int(self._environment["COFFER_METRICS_PORT"])

    @property
    def log(self) -> str:
        """What the processes wrote to their standard streams."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def run(self, *arguments: str) -> str:
        """Run one command of the command line to its end and return what it printed.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        finished = self.attempt(*arguments)
        finished.check_returncode()
        return finished.stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the command line to its end, however that is."""
        return subprocess.run(  # noqa: S603 - our own program
            self._command(*arguments),
            cwd=ROOT,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=READY_S,
        )

    def create_partner(self, kind: str, name: str) -> tuple[str, str]:
        """Make a partner with the command line; return its id and API key."""
        printed = dict(
            line.split(": ", 1) for line in self.run("create-partner", kind, name).splitlines()
        )
        return printed["id"], printed["api-key"]

    def create_member(self, command: str, email: str) -> tuple[str, str]:
        """Invite somebody with the command line, and have them come; return id and password.

        The server runs.
        """
        printed = dict(
            line.split(": ", 1) for line in self.run(command, email, "Their name").splitlines()
        )
        given = {
            "idempotencyKey": "come",
            "code": printed["one-time-code"],
            "password": secrets.token_urlsafe(16),
        }
        asked = {"query": ACCEPT_INVITATION, "variables": {"input": given}}
        answer = httpx.post(self.url, json=asked, timeout=READY_S, trust_env=False).json()
        assert answer["data"]["acceptInvitation"]["__typename"] == "AcceptInvitationSuccess", answer
        return printed["id"], given["password"]

    def create_cast(self) -> dict[str, str]:
        """Make a sales platform, a lottery centre and an administrator; return how they call."""
        email = "administrator@story.invalid"
        return {
            "platform": self.create_partner("sales-platform", "Lucky Shop")[1],
            "centre": self.create_partner("lottery-centre", "Welfare Lottery Centre")[1],
            "operator_email": email,
            "operator_password": self.create_member("create-administrator", email)[1],
        }

    def start(self) -> None:
        """Start the server (and the worker), and wait until it is ready.

        Raises:
            NotReady: It did not come up.
        """
        if self.bank is not None:
            self.bank.start()
        workers = ("--workers", str(self.workers)) if self.workers > 1 else ()
        self._server = self._popen("serve", *workers)
        if self.workers > 1:
            self.start_worker(watched=False)
        self.wait_ready()
        if self.bank is not None:
            self.bank.wait_ready()

    def start_worker(self, *, watched: bool = True) -> None:
        """Start a worker process; only one process can have the port for Prometheus."""
        without = {} if watched else {"COFFER_METRICS_PORT": ""}
        self._worker = self._popen("worker", **without)

    def crash_worker(self) -> None:
        """Kill the worker process outright, and start another."""
        assert self._worker is not None
        self._worker.kill()
        self._worker.wait()
        self.start_worker(watched=False)

    def wait_ready(self) -> None:
        """Wait until the server takes work.

        Raises:
            NotReady: It does not.
        """
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200:
                    return
            if self._server is not None and self._server.poll() is not None:
                break
            time.sleep(0.02)
        raise NotReady(self.log[-4000:])

    @property
    def parent_pid(self) -> int:
        """The process that was started to serve; it has children where there are several."""
        assert self._server is not None
        return self._server.pid

    def server_pids(self) -> list[int]:
        """Return the processes that serve requests: the children, where there are several."""
        assert self._server is not None
        if self.workers == 1:
            return [self._server.pid]
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def pid_behind(self, client_port: int) -> int:
        """Return the server process at the other end of a client's connection (Linux)."""
        ours, theirs = f":{self.port:04X}", f":{client_port:04X}"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(ours) and fields[2].endswith(theirs):
                for pid in self.server_pids():
                    if _has_open(pid, f"socket:[{fields[9]}]"):
                        return pid
        raise LookupError(f"nobody serves the connection from port {client_port}")

    def kill9(self, pid: int) -> None:
        """Kill one server process outright; a lone one stays down until ``start``."""
        os.kill(pid, signal.SIGKILL)
        if self._server is not None and pid == self._server.pid:
            self._server.wait()

    def terminate(self) -> None:
        """Send SIGTERM to every process, and do not wait.

        Each is told once: Python's own last steps have no handler for a second signal any more.
        """
        for process in (self._server, self._worker):
            if process is not None and process.poll() is None and process.pid not in self._told:
                self._told.add(process.pid)
                process.terminate()

    def stop(self) -> int:
        """Send SIGTERM to every process, wait for the drain, and return the server's exit code.

        Raises:
            subprocess.TimeoutExpired: A process did not end.
        """
        self.terminate()
        code = 0
        for process in (self._worker, self._server):
            if process is not None:
                code = process.wait(timeout=DRAIN_S)
        self._server = self._worker = None
        return code

    def close(self) -> None:
        """End everything that still runs, gently or not."""
        for process in (self._server, self._worker):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=DRAIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self.bank is not None:
            self.bank.close()
        self._log.close()
        self._keys.cleanup()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app", *arguments]

    def _popen(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own program
            self._command(*arguments),
            cwd=ROOT,
            env={**self._environment, **environment},
            stdout=self._log,
            stderr=self._log,
        )


def _has_open(pid: int, target: str) -> bool:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if str(descriptor.readlink()) == target:
                return True
    return False


@contextlib.contextmanager
def coffer_on(
    database_url: str,
    redis_url: str | None = None,
    workers: int = 1,
    key_file: Path | None = None,
) -> Iterator[Coffer]:
    """Have Coffer's processes end with the block, whatever happens in it; none is started yet."""
    environment = {"COFFER_DATABASE_URL": database_url}
    if redis_url:
        environment["COFFER_REDIS_URL"] = redis_url
    if key_file:
        environment["COFFER_KEY_FILE"] = str(key_file)
    coffer = Coffer(environment, workers)
    try:
        yield coffer
    finally:
        coffer.close()
