"""Closing the sockets of API keys that were revoked or have expired, within a second."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from app.transport import OpenSockets
from services.actors import Actor, ActorKind
from services.clock import Clock
from services.notifications.bus import Bus
from services.people.authenticate import ended_keys

FORBIDDEN = 4403
LOOK_S = 1.0
"""After how long it looks without having been woken."""
REST_S = 0.1
"""How long it rests after each look: many commits are one look."""

log = structlog.get_logger(__name__)


class EndedKeys:
    """Watches the keys that open sockets were opened with.

    A revocation wakes it as it wakes the feed's readers. Everything else about a socket's caller
    is looked at by the socket itself, every now and then.
    """

    def __init__(self, bus: Bus, sockets: OpenSockets, clock: Clock) -> None:
        self._bus = bus
        self._sockets = sockets
        self._clock = clock
        self._woken = asyncio.Event()

    async def watch(self) -> None:
        """Watch until cancelled."""
        stop_listening: Callable[[], None] = self._bus.listen(self._woken.set)
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look()
                except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering
                    log.warning("ended keys", error=repr(error))
                await asyncio.sleep(REST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
        finally:
            stop_listening()

    async def _look(self) -> None:
        partners = {
            actor.credential_id: actor
            for actor in self._sockets.callers
            if isinstance(actor, Actor) and actor.kind is ActorKind.PARTNER and actor.credential_id
        }
        if partners:
            ended = await ended_keys(self._clock, partners.keys())
            callers = {partners[key_id] for key_id in ended}
            await self._sockets.close_those_of(callers, FORBIDDEN, "Forbidden")
