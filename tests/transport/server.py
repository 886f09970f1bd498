"""A small schema in a real uvicorn, and plain clients for it."""

# ruff: noqa: D102  the names of fields and verbs say it all

import asyncio
import json
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Container,
    Mapping,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, NewType

import httpx
import strawberry
import uvicorn
from graphql import GraphQLError
from starlette.applications import Starlette
from strawberry.relay import GlobalID
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.transport import Client, Language, Limits, OpenSockets, Unauthenticated, graphql_routes
from app.transport.http import Respond

SECRET = "hunter2-secret"
GRAPHQL_JSON = "application/graphql-response+json"


@dataclass
class World:
    """What the application under test did and does."""

    contexts: int = 0
    valid: bool = True
    renewed: dict[str, str | None] = field(default_factory=dict)
    finished_streams: int = 0
    given_up: int = 0
    executed: int = 0


@dataclass
class Context:
    """What one operation gets."""

    world: World
    actor: str
    language: Language
    number: int


@strawberry.type
class Item:
    """A row that has rows."""

    name: str

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None) -> "Connection":
        return Connection.of(first or last or 1)

    @strawberry.field
    def child(self) -> "Item":
        return Item(name=self.name)


@strawberry.type
class Edge:
    """A row on its page."""

    node: Item


@strawberry.type
class Connection:
    """A page of rows."""

    edges: list[Edge]

    @classmethod
    def of(cls, count: int) -> "Connection":
        return cls(edges=[Edge(node=Item(name=str(i))) for i in range(count)])


@strawberry.enum
class Color(Enum):
    """A closed set."""

    RED = "red"


def parse_even(value: object) -> int:
    """Refuse in its own words what is odd, and by accident what is no number."""
    if int(str(value)) % 2:
        raise GraphQLError("Give an even number", extensions={"code": "BAD_USER_INPUT"})
    return int(str(value))


Even = NewType("Even", int)


@strawberry.input
class SignIn:
    """An input with something secret in it."""

    password: int
    colors: list[Color] = strawberry.field(default_factory=list)


@strawberry.input
class Filter:
    """An input with a list in it, and another of its kind."""

    names: list[str] = strawberry.field(default_factory=list)
    of: "Filter | None" = None


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    def hello(self) -> str:
        return "world"

    @strawberry.field
    def whoami(self, info: Info[Context, None]) -> str:
        return info.context.actor

    @strawberry.field
    def language(self, info: Info[Context, None]) -> str:
        return info.context.language

    @strawberry.field
    def context_number(self, info: Info[Context, None]) -> int:
        return info.context.number

    @strawberry.field
    def echo(self, text: str, number: int = 1) -> str:
        return text * number

    @strawberry.field
    def sign_in(self, given: Annotated[SignIn, strawberry.argument(name="input")]) -> str:
        return str(given.password)

    @strawberry.field
    def by_id(self, id: GlobalID) -> str:  # noqa: A002  the schema's own name
        return str(id)

    @strawberry.field
    def even(self, number: Even) -> int:
        return number

    @strawberry.field
    def item(self) -> Item:
        return Item(name="root")

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None) -> Connection:
        return Connection.of(first or last or 1)

    @strawberry.field
    def pages(self, first: int = 5) -> Connection:
        return Connection.of(first)

    @strawberry.field
    def rows(self, filter: Filter | None = None) -> list[Item]:  # noqa: A002  as in the schema
        return [Item(name=name) for name in (filter.names if filter else ())]

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def broken_without_code(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def meant(self) -> str | None:
        raise GraphQLError("Too poor", extensions={"code": "INSUFFICIENT"})

    @strawberry.field
    async def slow(self, info: Info[Context, None]) -> str | None:
        try:
            await asyncio.Event().wait()
        finally:
            info.context.world.given_up += 1
        return None

    @strawberry.field
    def huge(self) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON({"number": 2**70})


@strawberry.type
class Mutation:
    """What can be changed."""

    @strawberry.mutation
    async def act_slowly(self, info: Info[Context, None]) -> int | None:
        info.context.world.executed += 1
        await asyncio.Event().wait()
        return None

    @strawberry.mutation
    def act(self, info: Info[Context, None]) -> int | None:
        info.context.world.executed += 1
        return info.context.world.executed


@strawberry.type
class Event:
    """Something that happened."""

    opened_by: int

    @strawberry.field
    def number(self, info: Info[Context, None]) -> int:
        return info.context.number

    @strawberry.field
    def fault(self) -> str | None:
        raise RuntimeError(SECRET)


async def one_number() -> AsyncGenerator[int, None]:
    """What a subscription would tell that is opened by a coroutine."""
    yield 1


@strawberry.type
class Subscription:
    """What can be followed."""

    @strawberry.subscription
    async def count(self, info: Info[Context, None], to: int = 3) -> AsyncGenerator[int, None]:
        try:
            for i in range(to):
                yield i
        finally:
            info.context.world.finished_streams += 1

    @strawberry.subscription
    async def forever(self, info: Info[Context, None]) -> AsyncGenerator[int, None]:
        try:
            yield 0
            await asyncio.Event().wait()
        finally:
            info.context.world.finished_streams += 1

    @strawberry.subscription
    async def items(self) -> AsyncGenerator[Item, None]:
        yield Item(name="one")

    @strawberry.subscription
    async def flood(self, info: Info[Context, None]) -> AsyncGenerator[str, None]:
        try:
            while True:
                info.context.world.executed += 1
                yield "x" * 65_536
        finally:
            info.context.world.finished_streams += 1

    @strawberry.subscription
    async def events(self, info: Info[Context, None]) -> AsyncGenerator[Event, None]:
        for _ in range(2):
            yield Event(opened_by=info.context.number)

    @strawberry.subscription
    async def never_opens(self, info: Info[Context, None]) -> AsyncGenerator[int, None]:
        try:
            await asyncio.Event().wait()
        finally:
            info.context.world.given_up += 1
        return one_number()

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def overflows(self) -> AsyncGenerator[int, None]:
        yield 1
        raise GraphQLError("Too slow", extensions={"code": "SLOW_READER"})


SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(
        scalar_map={Even: strawberry.scalar(name="Even", parse_value=parse_even)}
    ),
)


class Purse:
    """So many units for everybody together.

    Attributes:
        left: How many.
        asked: Who asked for some.
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self.asked: list[str | None] = []

    def enter(self, actor: str | None, client: Client, units: int) -> float:
        assert client.peer == "127.0.0.1"
        self.asked.append(actor)
        if self.left < 1:
            return 2.3
        self.left -= units
        return 0.0

    def owe(self, actor: str, client: Client, units: int) -> None:
        assert actor
        assert client.peer == "127.0.0.1"
        self.left -= units


class Socket:
    """A client that speaks the protocol word by word."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw

    async def send(self, **message: object) -> None:
        await self.raw.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.raw.recv(), 5))
        return message

    async def start(self, **payload: object) -> None:
        await self.send(type="connection_init", payload=payload)
        assert (await self.receive())["type"] == "connection_ack"

    async def subscribe(self, name: str, query: str, **rest: object) -> None:
        await self.send(type="subscribe", id=name, payload={"query": query, **rest})

    async def closed(self) -> tuple[int | None, str | None]:
        """The close frame; whatever comes before it is read and dropped."""
        try:
            while True:
                await asyncio.wait_for(self.raw.recv(), 5)
        except ConnectionClosed:
            return self.raw.close_code, self.raw.close_reason


@dataclass
class Served:
    """A running server, and how to talk to it."""

    port: int
    world: World
    sockets: OpenSockets
    http: httpx.AsyncClient

    async def post(self, query: str, **rest: object) -> httpx.Response:
        headers = {"accept": GRAPHQL_JSON}
        return await self.http.post("/graphql", json={"query": query, **rest}, headers=headers)

    @asynccontextmanager
    async def socket(
        self,
        *protocols: str,
        headers: Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401  whatever the client library knows
    ) -> AsyncIterator[Socket]:
        async with connect(
            f"ws://127.0.0.1:{self.port}/graphql",
            subprotocols=[Subprotocol(name) for name in protocols or ("graphql-transport-ws",)],
            additional_headers=dict(headers or {}),
            proxy=None,
            **options,
        ) as raw:
            yield Socket(raw)


@asynccontextmanager
async def serve(
    limits: Limits | None = None,
    *,
    suggestions: bool = False,
    page: Respond | None = None,
    trusted: Collection[str] = (),
    trusted_only: Container[str] = (),
    purse: Purse | None = None,
    introspection: Callable[[str], bool] = lambda _: True,
    origins: Collection[str] = (),
) -> AsyncIterator[Served]:
    """Run the schema in a server of its own."""
    sockets = OpenSockets()
    purse = purse or Purse(10**9)

    async def authenticate(client: Client, params: Mapping[str, object]) -> str:
        headers = client.headers
        given = params.get("authorization") or headers.get("authorization")
        given = given or headers.get("cookie")
        if given == "Bearer crash":
            raise RuntimeError(SECRET)
        if given is not None and not str(given).startswith("Bearer good"):
            raise Unauthenticated
        return "anonymous" if given is None else str(given).removeprefix("Bearer ")

    def make_context(actor: str, language: Language, client: Client) -> Context:
        if client.headers.get("x-refuse"):
            raise GraphQLError("Slow down", extensions={"code": "RATE_LIMITED"})
        served.world.contexts += 1
        return Context(served.world, actor, language, served.world.contexts - 1)

    async def recheck(actor: str) -> bool:
        assert actor
        return served.world.valid

    async def renew(actor: str) -> str | None:
        return served.world.renewed.get(actor, actor)

    routes = graphql_routes(
        SCHEMA,
        authenticate=authenticate,
        make_context=make_context,
        recheck=recheck,
        renew=renew,
        limits=limits,
        suggestions=suggestions,
        trusted=trusted,
        trusted_only=lambda actor: actor in trusted_only,
        introspection=introspection,
        origins=origins,
        enter=purse.enter,
        owe=purse.owe,
        sockets=sockets,
        page=page,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=routes),
            port=0,
            ws="websockets-sansio",
            lifespan="off",
            log_level="error",
            timeout_graceful_shutdown=1,
        )
    )
    running = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            trust_env=False,
            # What a GET must have, and a POST may.
            headers={"x-requested-with": "a test"},
        ) as client:
            served = Served(port, World(), sockets, client)
            yield served
    finally:
        server.should_exit = True
        await running


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what is watched has no event to wait for
            await asyncio.sleep(0.005)
