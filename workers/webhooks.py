"""Delivering to webhooks, several at once: a slow address holds up nobody but itself."""

import asyncio
import time
from uuid import UUID

import structlog

from services.house import House
from services.webhooks.deliver import Turn, WebhookFigures
from services.webhooks.due import find_due
from services.webhooks.pace import Pace
from services.webhooks.presenting import Present

LOOK_S = 1.0
"""How often it is looked for what is due, in seconds."""

AT_ONCE = 16
"""To how many addresses one process delivers at the same time."""

log = structlog.get_logger(__name__)


class WebhookWorker:
    """Delivers to whatever webhooks are due. Any number of processes may have one.

    Args:
        house: The means.
        present: Makes the content of messages.
        pace: How patiently messages are sent again.
        figures: Where it is counted.
        look_s: How often to look for what is due.
        at_once: To how many webhooks at the most.
    """

    def __init__(
        self,
        house: House,
        present: Present,
        *,
        pace: Pace | None = None,
        figures: WebhookFigures | None = None,
        look_s: float = LOOK_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self.figures = figures or WebhookFigures()
        self._house = house
        self._present = present
        self._pace = pace or Pace()
        self._look_s = look_s
        self._at_once = at_once
        self._turns: dict[UUID, asyncio.Task[int]] = {}
        self._rest_until_s: dict[UUID, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set, and then bring what is under way to its end."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._begin_turns(stop)
                await asyncio.wait(
                    {stopping, *self._turns.values()},
                    timeout=self._look_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                self._collect()
        finally:
            stopping.cancel()
            await asyncio.gather(*self._turns.values(), return_exceptions=True)
            self._collect()

    async def _begin_turns(self, stop: asyncio.Event) -> None:
        now_s = time.monotonic()
        self._rest_until_s = {
            webhook_id: until_s
            for webhook_id, until_s in self._rest_until_s.items()
            if until_s > now_s
        }
        busy = self._turns.keys() | self._rest_until_s.keys()
        try:
            due = await find_due(self._house.clock, busy, self._at_once - len(self._turns))
        except Exception:
            log.exception("webhooks cannot be looked for")
            return
        for webhook_id in due:
            turn = Turn(self._house, self._present, self._pace, self.figures, webhook_id, stop)
            self._turns[webhook_id] = asyncio.create_task(turn.take())

    def _collect(self) -> None:
        """Take note of the turns that have ended; where nothing arrived, the next one waits."""
        for webhook_id, turn in list(self._turns.items()):
            if not turn.done():
                continue
            del self._turns[webhook_id]
            error = turn.exception()
            if error is not None:
                # A fault of ours, or the database is away: the address is not to blame.
                log.error("webhook turn", webhook=str(webhook_id), exc_info=error)
            if error is not None or not turn.result():
                self._rest_until_s[webhook_id] = time.monotonic() + self._look_s
