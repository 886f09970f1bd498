"""Closing the sockets of whoever may not call any more, within a second or so."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from app.transport import OpenSockets
from services.actors import Actor, ActorKind
from services.clock import Clock
from services.notifications.bus import Bus
from services.people.authenticate import ended_keys, ended_sessions, still_valid

FORBIDDEN = 4403
LOOK_S = 1.0
"""After how long it looks without having been woken."""
REST_S = 0.3
"""How long it rests after each look: many commits are one look."""
STAFF_MAX = 50
"""How many members of the staff are looked at each time; with more, their sockets do it alone."""

log = structlog.get_logger(__name__)


class EndedAccess:
    """Watches the keys and sessions that open sockets were opened with.

    Whatever ends them wakes it as it wakes the feed's readers, in every process. Sessions may be
    many, so it asks which have ended lately, not how each one is. Staff are few, and their roles
    change, so each of them is looked at. Everything else about a socket's caller is looked at by
    the socket itself, every now and then.
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
                    log.warning("ended access", error=repr(error))
                await asyncio.sleep(REST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
        finally:
            stop_listening()

    async def _look(self) -> None:
        callers = [caller for caller in self._sockets.callers if isinstance(caller, Actor)]
        ended = {
            *await self._with_ended_keys(callers),
            *await self._with_ended_sessions(callers),
            *await self._staff_who_changed(callers),
        }
        if ended:
            await self._sockets.close_those_of(ended, FORBIDDEN, "Forbidden")

    async def _with_ended_keys(self, callers: list[Actor]) -> list[Actor]:
        partners = [actor for actor in callers if actor.kind is ActorKind.PARTNER]
        if not partners:
            return []
        key_ids = {actor.credential_id for actor in partners if actor.credential_id}
        ended = await ended_keys(self._clock, key_ids)
        return [actor for actor in partners if actor.credential_id in ended]

    async def _with_ended_sessions(self, callers: list[Actor]) -> list[Actor]:
        customers = [actor for actor in callers if actor.kind is ActorKind.CUSTOMER]
        if not customers:
            return []
        ended = await ended_sessions(self._clock)
        return [actor for actor in customers if actor.credential_id in ended]

    async def _staff_who_changed(self, callers: list[Actor]) -> list[Actor]:
        staff = [actor for actor in callers if actor.is_of_the_house][:STAFF_MAX]
        return [actor for actor in staff if not await still_valid(self._clock, actor)]
