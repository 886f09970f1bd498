"""Questions that many ask in the same moment, answered with one look at the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Found = TypeVar("Found")

AT_ONCE = 1_000
"""How many questions one look answers at the most."""


class Together(Generic[Asked, Found]):
    """Gathers questions; a look begins after all that it answers, so no answer is older than they.

    Args:
        look_up: Answers a set of questions at once.
        gather_s: For how long questions are gathered; without it, only those of one moment.
        at_once: How many one look answers at the most.
    """

    def __init__(
        self,
        look_up: Callable[[set[Asked]], Awaitable[Found]],
        gather_s: float = 0.0,
        at_once: int = AT_ONCE,
    ) -> None:
        self._look_up = look_up
        self._gather_s = gather_s
        self._at_once = at_once
        self._asked: set[Asked] = set()
        self._look: asyncio.Future[Found] | None = None

    async def ask(self, question: Asked) -> Found:
        """Return what was found about all who were asked about together."""
        if self._look is None or len(self._asked) >= self._at_once:
            self._asked = set()
            self._look = asyncio.ensure_future(self._gather(self._asked))
        self._asked.add(question)
        # One who stops waiting does not stop the others' look.
        return await asyncio.shield(self._look)

    async def _gather(self, asked: set[Asked]) -> Found:
        await asyncio.sleep(self._gather_s)
        if self._asked is asked:
            self._look = None
        return await self._look_up(asked)
