"""The ASGI application: GraphQL, the page, health, and the life of the process around them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tortoise.connection import get_connection

from app.adapters.redis_buckets import RedisBuckets
from app.background import work
from app.bank_callbacks import PATH as BANK_CALLBACKS
from app.bank_callbacks import BankCallbacks
from app.building import Building, built
from app.client_address import client_address
from app.database import SERVER_TIMEOUTS
from app.demo import furnish, sign_ins_of
from app.ended_access import EndedAccess
from app.guesses import Guesses
from app.known_keys import KnownKeys
from app.metrics.house import read_house
from app.metrics.process import read_itself, read_means, watch_lag
from app.metrics.serving import CONNECTIONS, SOCKET_OPERATIONS, SOCKETS
from app.metrics.sheet import Sheet
from app.metrics.tally import Kind, Outcome, Tally, outcome_of
from app.page import Page
from app.rates import Buckets, Rates
from app.safety import FRESH, cross_origin, refuse
from app.settings import Settings
from app.transport import (
    PATH,
    Client,
    Language,
    Limits,
    Observed,
    OpenSockets,
    Unauthenticated,
    graphql_routes,
)
from app.trusted_documents import trusted_documents_of
from resolvers.context import Context
from resolvers.schema import schema
from services.actors import NOBODY, Actor
from services.figures import Durations, Reading
from services.origin import Origin
from services.people.authenticate import (
    BadCredentials,
    authenticate_api_key,
    authenticate_token,
    renewed,
    still_valid_of,
)
from services.together import Together

READY_TIMEOUT_S = 2
GATHER_S = 0.5
"""For how long rechecks of sockets are gathered, to be one look at the database."""
NAME_MAX = 64
"""How much of an operation's name is logged: its caller chose it."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Application:
    """One process's application and what its server needs to know of it."""

    settings: Settings
    trusted_documents: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)
    sockets: OpenSockets = field(default_factory=OpenSockets)
    tally: Tally = field(default_factory=Tally)
    draining: bool = False
    count_connections: Callable[[], int] = lambda: 0
    """How many connections the server has; set by the server."""
    building: Building | None = None
    _graphql: ASGIApp = field(init=False)
    asgi: Starlette = field(init=False)
    _door: ASGIApp = field(init=False)
    _lag: Durations = field(default_factory=Durations)
    _known_keys: KnownKeys = field(init=False)
    _rechecks: Together[Actor, frozenset[Actor]] = field(init=False)
    _guesses: Guesses = field(init=False)
    _buckets: Buckets = field(init=False)

    def __post_init__(self) -> None:
        """Lay the routes."""
        settings = self.settings
        self._buckets = Buckets(shared=settings.redis_url is not None)
        rates = Rates(settings.rates, self._buckets, settings.trusted_proxies)
        self._guesses = Guesses(rates.wait_of_nobody)
        self._known_keys = KnownKeys(self.look_up_key)
        self._rechecks = Together(self._recheck, GATHER_S)
        secret = self.settings.bank_secret if self.settings.bank_url else None
        callbacks = BankCallbacks(secret, lambda: self._built().house)
        page = Page(sign_ins_of(self.settings) if self.settings.dev else None)
        graphql = graphql_routes(
            schema,
            authenticate=self.authenticate,
            make_context=self.make_context,
            recheck=self.recheck,
            renew=self.renew,
            observe=self.observe,
            limits=self.limits,
            suggestions=settings.suggestions,
            trusted=self.trusted_documents,
            trusted_only=self.trusted_only,
            introspection=self.introspection,
            enter=rates.enter,
            owe=rates.owe,
            origins=settings.allowed_origins,
            sockets=self.sockets,
            page=page.respond,
        )
        self._graphql = graphql[0].app
        self.asgi = Starlette(
            routes=[
                *graphql,
                *page.routes(),
                Route(BANK_CALLBACKS, callbacks.respond, methods=["POST"]),
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
            ],
            exception_handlers={HTTPException: refuse},
            lifespan=self.lifespan,
        )
        self._door = cross_origin(settings.allowed_origins, self._route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; while draining each answer over HTTP says that its connection ends with it."""

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        last = self.draining and scope["type"] == "http"
        await self._door(scope, receive, send_last if last else send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give what most callers send to GraphQL itself, which needs none of Starlette's layers."""
        is_usual = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH
        await (self._graphql if is_usual else self.asgi)(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self, asgi: Starlette) -> AsyncIterator[None]:
        """Open the process's means, and run the background work beside it where it is alone."""
        del asgi
        async with built(self.settings, SERVER_TIMEOUTS) as self.building:
            if self.settings.dev:
                await furnish(self.building.house, self.settings)
            stop = asyncio.Event()
            # SQLite is served by one process, which does the background work as well.
            alone = self.settings.sqlite_path is not None
            house, bus = self.building.house, self.building.bus
            until_stop = []
            if alone:
                until_stop.append(asyncio.create_task(work(self.building, stop)))
            if self.settings.redis_url is not None:
                shared = RedisBuckets(self.settings.redis_url, self._buckets)
                until_stop.append(asyncio.create_task(shared.settle_until(stop)))
            watches = [
                asyncio.create_task(EndedAccess(bus, self.sockets, house.clock).watch()),
                asyncio.create_task(watch_lag(self._lag)),
            ]
            yield
            stop.set()
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*until_stop)

    async def authenticate(self, client: Client, params: Mapping[str, object]) -> Actor:
        """Return who calls, by ``Authorization: Bearer`` or ``X-API-Key``.

        On a socket ``authorization`` and ``apiKey`` of ``connection_init`` come first.

        Raises:
            Unauthenticated: The credentials open nothing.
            RateLimited: Too many from the same address opened nothing: these were not looked at.
        """
        headers = client.headers
        bearer = str(params.get("authorization") or headers.get("authorization") or "")
        api_key = str(params.get("apiKey") or headers.get("x-api-key") or "")
        house = self._built().house
        try:
            if api_key:
                return await self._known_keys.actor_of(api_key, client)
            if bearer:
                token = bearer[len("Bearer ") :] if bearer.lower().startswith("bearer ") else ""
                token = token.strip()
                self._guesses.check(token, client)
                actor = await authenticate_token(house.clock, token)
                self._guesses.was_good(token)
                return actor
        except BadCredentials:
            raise Unauthenticated from None
        return NOBODY

    async def look_up_key(self, api_key: str, client: Client) -> Actor:
        """Return the partner whose API key it is.

        Raises:
            BadCredentials: It opens nothing.
            RateLimited: Too many from the same address opened nothing: this was not looked up.
        """
        self._guesses.check(api_key, client)
        actor = await authenticate_api_key(self._built().house.clock, api_key)
        self._guesses.was_good(api_key)
        return actor

    async def renew(self, actor: Actor) -> Actor | None:
        """Return who calls on an open socket, with what they may do now."""
        return await renewed(self._built().house.clock, actor)

    async def recheck(self, actor: Actor) -> bool:
        """Tell whether a socket may stay open."""
        return actor in await self._rechecks.ask(actor)

    async def _recheck(self, actors: Collection[Actor]) -> frozenset[Actor]:
        return await still_valid_of(self._built().house.clock, actors)

    def trusted_only(self, actor: Actor) -> bool:
        """Tell whether a caller may ask with trusted documents alone."""
        return actor.kind in self.settings.trusted_only

    def introspection(self, actor: Actor) -> bool:
        """Tell whether a caller may ask for the schema."""
        return actor.kind in self.settings.introspection

    def make_context(self, actor: Actor, language: Language, client: Client) -> Context:
        """Return a fresh context for one operation."""
        building = self._built()
        forwarded = client.headers.get("x-forwarded-for")
        return Context(
            house=building.house,
            feed=building.feed,
            actor=actor,
            language=language,
            origin=Origin(
                address=client_address(client.peer, forwarded, self.settings.trusted_proxies),
                user_agent=client.headers.get("user-agent"),
                language=language,
            ),
            still_may=building.still_may,
            still_in=building.still_in,
        )

    def observe(self, observed: Observed) -> None:
        """Count and log an operation that has ended: what it was, never what was said in it."""
        operation, context, actor = observed.operation, observed.context, observed.actor
        refusals = context.refusals if isinstance(context, Context) else ()
        kind = Kind.NONE if operation is None else Kind(operation.kind.value)
        if observed.finished or observed.codes:
            outcome = outcome_of(observed.codes, ran=operation is not None, refused=bool(refusals))
        else:
            outcome = Outcome.ENDED
        duration_s = observed.duration_s
        self.tally.operation(observed.transport, kind, outcome, duration_s)
        facts: dict[str, object] = {}
        if operation is not None:
            facts = {"operation": (operation.name or "")[:NAME_MAX], "cost": operation.cost}
            if operation.trusted:
                facts["trusted"] = True
        if refusals or observed.codes:
            self.tally.refusals(refusals)
            self.tally.errors(observed.codes)
            facts["codes"] = sorted({*map(str, observed.codes), *refusals})
        if kind is Kind.SUBSCRIPTION:
            facts["events"] = observed.events
        log.info(
            "operation",
            transport=observed.transport,
            kind=kind,
            outcome=outcome,
            duration_ms=round(duration_s * 1000, 1),
            actor=actor.kind if isinstance(actor, Actor) else None,
            **facts,
        )

    async def readings(self, *, of_house: bool) -> list[Reading]:
        """Return this process's figures, and those of the whole house if asked."""
        building = self._built()
        readings = [
            *self.tally.readings(),
            CONNECTIONS.at(self.count_connections()),
            SOCKETS.at(len(self.sockets)),
            SOCKET_OPERATIONS.at(self.sockets.operations),
            *[reading async for reading in read_means(building)],
            *read_itself(self._lag),
        ]
        return readings + (await read_house(building.house) if of_house else [])

    async def sheets(self) -> list[Sheet]:
        """Return the figures of a process that is alone."""
        return [Sheet("0", tuple(await self.readings(of_house=True)))]

    async def healthz(self, request: Request) -> PlainTextResponse:
        """Answer while the process lives."""
        del request
        return PlainTextResponse("ok", headers={**FRESH, "x-coffer-pid": str(os.getpid())})

    async def readyz(self, request: Request) -> PlainTextResponse:
        """Answer 200 while the process takes work: not draining, and the database answers."""
        del request
        if self.draining:
            return PlainTextResponse("draining", 503, FRESH)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await get_connection("default").execute_query("SELECT 1")
        except Exception:  # noqa: BLE001 - whatever keeps the database from answering
            return PlainTextResponse("the database does not answer", 503, FRESH)
        return PlainTextResponse("ready", headers=FRESH)

    def _built(self) -> Building:
        assert self.building is not None  # noqa: S101 - requests come after the lifespan began
        return self.building


def create_application(settings: Settings) -> Application:
    """Return the application of one process.

    Raises:
        BadRegistry: The trusted documents cannot be had.
    """
    return Application(settings, trusted_documents_of(settings))
