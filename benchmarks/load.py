"""Running the load generator, and what it saw."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import orjson

NUMBER_WIDTH = 10


class LoadFailed(Exception):
    """The load generator gave up, or an answer was not what it should be."""


@dataclass(frozen=True, slots=True)
class Template:
    """A request whose places the load generator fills (``load.c`` says with what).

    Attributes:
        head: Request line and headers, without the length.
        body: JSON.
        draws: The columns of each line that items draw from.
        expect: What an answer must hold.
        items: How many items a request has.
        times: How often an answer must hold it; left out, once for each item.
    """

    head: str
    body: str
    draws: Sequence[tuple[str, ...]]
    expect: str
    items: int = 1
    times: int | None = None

    def request(self) -> bytes:
        """Return the request as it is sent, but for the places."""
        return f"{self.head}content-length: {self._length()}\r\n\r\n{self.body}".encode()

    def lines(self) -> bytes:
        """Return the lines that are drawn, as the load generator reads them."""
        return "".join("\t".join(line) + "\n" for line in self.draws).encode()

    def _length(self) -> int:
        length = len(self.body.encode())
        widths = [NUMBER_WIDTH, *map(len, self.draws[0]), 0]
        for place, width in zip(("n", *"ab"[: len(self.draws[0])], "+"), widths, strict=True):
            length += self.body.count("{{" + place + "}}") * (width - len("{{n}}"))
        return length


@dataclass(frozen=True, slots=True)
class Load:
    """What the connections saw in the time that counts; latencies are of whole requests."""

    per_s: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    acknowledged: list[int] = field(repr=False)
    cpu_s: dict[str, float] = field(default_factory=dict)
    """Processor time of an item, by groups of processes."""

    def __str__(self) -> str:
        """Return what a run gave, in a line."""
        used = ", ".join(f"{name} {used_s * 1e6:.0f}" for name, used_s in self.cpu_s.items())
        return (
            f"{self.per_s:.0f} /s; ms p50 {self.p50_ms:.1f} p90 {self.p90_ms:.1f}"
            f" p99 {self.p99_ms:.1f} max {self.max_ms:.1f}; processor µs each: {used},"
            f" in all {sum(self.cpu_s.values()) * 1e6:.0f}"
        )


@dataclass(frozen=True, slots=True)
class Generator:
    """The load generator, at a server.

    Attributes:
        program: The compiled one.
        port: The server's, on loopback.
        read_cpu: Tells the processor time so far, by groups of processes.
    """

    program: Path
    port: int
    read_cpu: Callable[[], dict[str, float]] = dict

    def run(
        self,
        template: Template,
        connections: int,
        warmup_s: float,
        seconds: float,
        rate: float | None = None,
    ) -> Load:
        """Send requests: one after the other on each connection, or at a rate if there is one.

        Raises:
            LoadFailed: A request was not acknowledged, or the server went away.
        """
        with TemporaryDirectory(prefix="coffer-load-") as name:
            directory = Path(name)
            (directory / "request").write_bytes(template.request())
            (directory / "draws").write_bytes(template.lines())
            process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    str(self.program),
                    "requests",
                    f"port={self.port}",
                    f"request={directory / 'request'}",
                    f"draws={directory / 'draws'}",
                    f"acknowledged={directory / 'acknowledged'}",
                    f"connections={connections}",
                    f"warmup={warmup_s}",
                    f"seconds={seconds}",
                    f"expect={template.expect}",
                    f"times={template.times or template.items}",
                    f"rate={rate or 0}",
                    f"seed={int.from_bytes(os.urandom(4), 'big')}",
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            return self._watch(process, template, seconds, directory / "acknowledged")

    def _watch(
        self, process: "subprocess.Popen[str]", template: Template, seconds: float, kept: Path
    ) -> Load:
        assert process.stdout is not None  # noqa: S101 - piped above
        before: dict[str, float] = {}
        after: dict[str, float] = {}
        printed = ""
        with process:
            for line in process.stdout:
                if line == "begin\n":
                    before = self.read_cpu()
                elif line == "end\n":
                    after = self.read_cpu()
                printed = line
            _, complaint = process.communicate()
        if process.returncode != 0:
            raise LoadFailed(complaint)
        seen = orjson.loads(printed)
        if seen["failed"]:
            raise LoadFailed(
                f"{seen['failed']} of {seen['sent']} were not acknowledged:\n{complaint}"
            )
        done = seen["answered"] * template.items
        used = {name: (after[name] - before[name]) / max(done, 1) for name in before}
        return Load(
            per_s=done / seconds,
            p50_ms=seen["p50_ms"],
            p90_ms=seen["p90_ms"],
            p99_ms=seen["p99_ms"],
            p999_ms=seen["p999_ms"],
            max_ms=seen["max_ms"],
            acknowledged=[
                first + item
                for first in map(int, kept.read_text().split())
                for item in range(template.items)
            ],
            cpu_s={**used, "load": seen["cpu_s"] / max(done, 1)},
        )


def new_run() -> str:
    """Return a name that no other run has, for the keys of this one's items."""
    return uuid4().hex[:8]
