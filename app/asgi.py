"""The ASGI application: GraphQL, the page, health, and the life of the process around them."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tortoise.connection import get_connection

from app.building import Building, built
from app.demo import furnish, sign_ins_of
from app.ended_keys import EndedKeys
from app.known_keys import KnownKeys
from app.page import Page
from app.settings import Settings
from app.transport import Language, Limits, OpenSockets, Unauthenticated, graphql_routes
from resolvers.context import Context
from resolvers.schema import schema
from services.actors import NOBODY, Actor
from services.people.authenticate import (
    BadCredentials,
    authenticate_api_key,
    authenticate_token,
    renewed,
    still_valid,
)
from workers.schedule import run_schedule

READY_TIMEOUT_S = 2


@dataclass(slots=True)
class Application:
    """One process's application and what its server needs to know of it."""

    settings: Settings
    limits: Limits = field(default_factory=Limits)
    sockets: OpenSockets = field(default_factory=OpenSockets)
    draining: bool = False
    building: Building | None = None
    asgi: Starlette = field(init=False)
    _known_keys: KnownKeys = field(init=False)

    def __post_init__(self) -> None:
        """Lay the routes."""
        self._known_keys = KnownKeys(self.look_up_key)
        page = Page(sign_ins_of(self.settings) if self.settings.dev else None)
        self.asgi = Starlette(
            routes=[
                *graphql_routes(
                    schema,
                    authenticate=self.authenticate,
                    make_context=self.make_context,
                    recheck=self.recheck,
                    renew=self.renew,
                    limits=self.limits,
                    suggestions=self.settings.dev,
                    sockets=self.sockets,
                    page=page.respond,
                ),
                *page.routes(),
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
            ],
            lifespan=self.lifespan,
        )

    @asynccontextmanager
    async def lifespan(self, asgi: Starlette) -> AsyncIterator[None]:
        """Open the process's means, and run the background work beside it where it is alone."""
        del asgi
        async with built(self.settings) as self.building:
            if self.settings.dev:
                await furnish(self.building.house, self.settings)
            stop = asyncio.Event()
            # SQLite is served by one process, which does the background work as well.
            alone = self.settings.sqlite_path is not None
            schedule = (
                asyncio.create_task(run_schedule(self.building.house, stop)) if alone else None
            )
            watch = asyncio.create_task(
                EndedKeys(self.building.bus, self.sockets, self.building.house.clock).watch()
            )
            yield
            stop.set()
            watch.cancel()
            if schedule is not None:
                await schedule

    async def authenticate(self, headers: Mapping[str, str], params: Mapping[str, object]) -> Actor:
        """Return who calls, by ``Authorization: Bearer`` or ``X-API-Key``.

        On a socket ``authorization`` and ``apiKey`` of ``connection_init`` come first.

        Raises:
            Unauthenticated: The credentials open nothing.
        """
        bearer = str(params.get("authorization") or headers.get("authorization") or "")
        api_key = str(params.get("apiKey") or headers.get("x-api-key") or "")
        house = self._built().house
        try:
            if api_key:
                return await self._known_keys.actor_of(api_key)
            if bearer:
                token = bearer[len("Bearer ") :] if bearer.lower().startswith("bearer ") else ""
                return await authenticate_token(house.clock, token.strip())
        except BadCredentials:
            raise Unauthenticated from None
        return NOBODY

    async def look_up_key(self, api_key: str) -> Actor:
        """Return the partner whose API key it is.

        Raises:
            BadCredentials: It opens nothing.
        """
        return await authenticate_api_key(self._built().house.clock, api_key)

    async def renew(self, actor: Actor) -> Actor | None:
        """Return who calls on an open socket, with what they may do now."""
        return await renewed(self._built().house.clock, actor)

    async def recheck(self, actor: Actor) -> bool:
        """Tell whether a socket may stay open."""
        return await still_valid(self._built().house.clock, actor)

    def make_context(self, actor: Actor, language: Language, headers: Mapping[str, str]) -> Context:
        """Return a fresh context for one operation."""
        del headers
        building = self._built()
        return Context(house=building.house, feed=building.feed, actor=actor, language=language)

    async def healthz(self, request: Request) -> PlainTextResponse:
        """Answer while the process lives."""
        del request
        return PlainTextResponse("ok", headers={"x-coffer-pid": str(os.getpid())})

    async def readyz(self, request: Request) -> PlainTextResponse:
        """Answer 200 while the process takes work: not draining, and the database answers."""
        del request
        if self.draining:
            return PlainTextResponse("draining", status_code=503)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await get_connection("default").execute_query("SELECT 1")
        except Exception:  # noqa: BLE001 - whatever keeps the database from answering
            return PlainTextResponse("the database does not answer", status_code=503)
        return PlainTextResponse("ready")

    def _built(self) -> Building:
        assert self.building is not None  # noqa: S101 - requests come after the lifespan began
        return self.building


def create_application(settings: Settings) -> Application:
    """Return the application of one process."""
    return Application(settings)
