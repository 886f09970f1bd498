"""Waiting for what has no event to wait for."""

import asyncio
from collections.abc import Callable

LONG_S = 60.0
LOOK_S = 0.01


async def until(condition: Callable[[], bool], seconds: float = LONG_S) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: It does not.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - processes elsewhere set no event
            await asyncio.sleep(LOOK_S)
