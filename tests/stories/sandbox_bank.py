"""The sandbox bank as a process of its own, beside the Coffer that it serves."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent.parent
READY_S = 120.0
END_S = 30.0
POLL_S = 0.02


class BankNotReady(Exception):
    """The bank did not come up; the message ends with what it logged."""


class SandboxBank:
    """One sandbox bank, whose books outlive its process.

    Args:
        port: To listen on.
        coffer_port: Where Coffer listens, on this machine.
    """

    def __init__(self, port: int, coffer_port: int) -> None:
        self.port = port
        self._callbacks = f"http://127.0.0.1:{coffer_port}/bank/callbacks"
        self._secret = secrets.token_hex(32)
        self._directory = tempfile.TemporaryDirectory(prefix="coffer-bank-")
        self._log = Path(self._directory.name) / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What Coffer must know to have this bank."""
        return {
            "COFFER_BANK_URL": f"http://127.0.0.1:{self.port}",
            "COFFER_BANK_SECRET": self._secret,
            "COFFER_BANK_CARDLESS": "1",
        }

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process, which lives."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, unless it runs; do not wait."""
        if self.running:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    *(sys.executable, "-m", "app", "sandbox-bank", "--port", str(self.port)),
                    *("--books", str(Path(self._directory.name) / "bank.db")),
                    *("--callbacks", self._callbacks),
                ],
                cwd=ROOT,
                env=os.environ | {"COFFER_BANK_SECRET": self._secret},
                stderr=log,
            )

    def wait_ready(self) -> None:
        """Wait until it answers.

        Raises:
            BankNotReady: It does not.
        """
        deadline = time.monotonic() + READY_S
        while self.running and time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                self.books()
                return
            time.sleep(POLL_S)
        raise BankNotReady(self._log.read_text()[-4000:])

    def wait_dead(self) -> int:
        """Wait until it has died, and return its exit code."""
        assert self._process is not None
        return self._process.wait(END_S)

    def control(self, method: str, what: str, **content: object) -> Any:  # noqa: ANN401 - JSON
        """Tell it something, or ask, as whoever controls it."""
        url = f"http://127.0.0.1:{self.port}/control/{what}"
        with httpx.Client(trust_env=False, timeout=READY_S) as client:
            response = client.request(method, url, json=content)
        response.raise_for_status()
        return response.json() if response.content else None

    def books(self) -> Any:  # noqa: ANN401 - JSON
        """Return balances, instructions, and how many callbacks are left to tell."""
        return self.control("GET", "books")

    def kill9(self) -> None:
        """Kill it outright."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it, and forget its books."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.kill9()
        self._directory.cleanup()
