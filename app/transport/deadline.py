"""Giving up what takes too long, without a timer for each: one look now and then finds them all."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

_LOOKS = 30
"""So often in the time that is allowed."""


class Late(Exception):
    """It took too long; whatever a ``TimeoutError`` may mean elsewhere, this is not it."""


class Deadline:
    """Lets each task take so many seconds for one thing, and a thirtieth more at the most."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # The oldest first, since all may take equally long.
        self._due_s: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._looking: asyncio.TimerHandle | None = None

    async def keep(self, work: Awaitable[T]) -> T:
        """Wait for something.

        Raises:
            Late: It took too long, and was cancelled.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine is run by one
        others = task.cancelling()
        self._due_s[task] = loop.time() + self._seconds
        if self._looking is None:
            self._looking = loop.call_later(self._seconds / _LOOKS, self._look)
        try:
            return await work
        except asyncio.CancelledError:
            if task in self._late and task.uncancel() <= others:
                raise Late from None
            raise
        finally:
            self._due_s.pop(task, None)
            self._late.discard(task)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        late = []
        for task, due_s in self._due_s.items():
            if due_s > now_s:
                break
            late.append(task)
        for task in late:
            del self._due_s[task]
            self._late.add(task)
            task.cancel()
        again = bool(self._due_s)
        self._looking = loop.call_later(self._seconds / _LOOKS, self._look) if again else None
