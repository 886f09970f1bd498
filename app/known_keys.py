"""API keys seen a moment ago, so that a busy partner's key is not looked up for each request."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from app.transport import Client
from services.actors import Actor
from services.secrets import secret_hash

LIFE_S = 1.0
CAPACITY = 10_000


class KnownKeys:
    """Remembers whose a good API key is, for ``LIFE_S`` seconds: so soon a revoked one is dead.

    Only hashes are remembered, and only of keys that were good.
    """

    def __init__(
        self,
        look_up: Callable[[str, Client], Awaitable[Actor]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._monotonic_s = monotonic_s
        self._known: dict[str, tuple[Actor, float]] = {}
        self._asked: dict[str, asyncio.Future[None]] = {}

    async def actor_of(self, api_key: str, client: Client) -> Actor:
        """Return the partner whose key it is.

        Raises:
            BadCredentials: It opens nothing.
            RateLimited: It was not looked up.
        """
        hashed = secret_hash(api_key)
        actor = self._known_as(hashed)
        if actor is None and (asked := self._asked.get(hashed)) is not None:
            # A busy partner has many requests under way: one of them asks for all.
            await asyncio.wait([asked])
            actor = self._known_as(hashed)
        if actor is not None:
            return actor
        asked = self._asked[hashed] = asyncio.get_running_loop().create_future()
        try:
            return await self._ask(hashed, api_key, client)
        finally:
            asked.set_result(None)
            if self._asked.get(hashed) is asked:
                del self._asked[hashed]

    def _known_as(self, hashed: str) -> Actor | None:
        actor, until_s = self._known.get(hashed, (None, 0.0))
        return actor if self._monotonic_s() < until_s else None

    async def _ask(self, hashed: str, api_key: str, client: Client) -> Actor:
        actor = await self._look_up(api_key, client)
        if len(self._known) >= CAPACITY:
            self._known.clear()
        self._known[hashed] = (actor, self._monotonic_s() + LIFE_S)
        return actor
