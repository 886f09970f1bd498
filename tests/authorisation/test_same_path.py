"""What one may not see and what does not exist: the same words, and the same statements."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.models import Model

from graphql_schema.relay import NodeKind, decode
from services.actors import Actor
from tests.authorisation.examples import EXAMPLES
from tests.authorisation.keeping import forgetful
from tests.authorisation.owners import MODELS
from tests.authorisation.questions import QUERIES
from tests.authorisation.selecting import fields_of
from tests.authorisation.walk import hashed_cheaply
from tests.authorisation.walk_mutations import asking
from tests.authorisation.walk_reads import document_of
from tests.authorisation.world import Column, World, a_world
from tests.factories import new_id
from tests.resolvers.asking import Coffer, coffer_on, gid

KNOWN_TO_ALL = {NodeKind.DRAW, NodeKind.PARTNER}
"""Whoever names one of these beside something else may be told that it is not there."""

ASKING: ContextVar[bool] = ContextVar("asking", default=False)

SOME, MANY = 12, 150

Path = tuple[str | int, ...]
"""Where something stands in an input."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """A world, and what was asked of its database."""

    coffer: Coffer
    world: World
    statements: list[str]

    @property
    def callers(self) -> list[tuple[Column, Actor]]:
        """Everybody to whom something is hidden."""
        return [*(self.world.own.actors | {Column.OPERATOR: self.world.idle}).items()]

    async def ask(self, actor: Actor, document: str, given: dict[str, Any]) -> "Told":
        """Ask, and return the answer with the statements that it took."""
        coffer = replace(self.coffer, house=forgetful(self.coffer.house))
        self.statements.clear()
        token = ASKING.set(True)
        answer = await coffer.answer(actor, document, **given)
        ASKING.reset(token)
        return Told(orjson.dumps(answer), tuple(self.statements))


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, byte by byte, and the statements that it took."""

    answer: bytes
    statements: tuple[str, ...]


@contextmanager
def noted(patch: pytest.MonkeyPatch, coffer: Coffer) -> Iterator[list[str]]:
    """Note the statements of whoever asks: Tortoise's by their text, the desk's by their begin."""
    statements: list[str] = []

    def note(client: type[Any], method: str) -> None:
        execute = getattr(client, method)

        async def noting(self: object, query: str, *args: object) -> object:
            if ASKING.get():  # and not the feed's own reader
                statements.append(query)
            return await execute(self, query, *args)

        patch.setattr(client, method, noting)

    for client in (SqliteClient, AsyncpgDBClient):
        for method in ("execute_query", "execute_query_dict", "execute_insert", "execute_many"):
            note(client, method)
    coffer.house.desk.engine.tap = statements.append
    yield statements
    coffer.house.desk.engine.tap = None


@pytest.fixture
async def scenery(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scenery]:
    """A world on each engine."""
    with hashed_cheaply():
        async with coffer_on(database_url) as coffer:
            world = await a_world(coffer.house)
            with noted(monkeypatch, coffer) as statements:
                yield Scenery(coffer, world, statements)


def named(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every global id in an input, and where it stands."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from named(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from named(each, (*path, index))
    elif isinstance(value, str) and decode(value) is not None:
        yield path, value


def put(value: Any, path: Path, new: str) -> Any:  # noqa: ANN401 - JSON values
    """Return an input with another id in one place."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, dict):
        return {
            name: put(each, tuple(rest), new) if name == first else each
            for name, each in value.items()
        }
    assert isinstance(value, list)
    return [
        put(each, tuple(rest), new) if index == first else each for index, each in enumerate(value)
    ]


def missing(global_id: str) -> str:
    """Return the id of the same kind that nothing has."""
    decoded = decode(global_id)
    assert decoded is not None
    return gid(decoded[0], new_id())


def nowhere(value: Any) -> Any:  # noqa: ANN401 - an argument, as it was
    """Return an argument that names nothing."""
    if isinstance(value, list):
        return [nowhere(each) for each in value]
    return missing(value) if decode(value) is not None else "order-of-nobody"


async def ids_of(model: type[Model]) -> list[UUID]:
    """Return the ids of some rows."""
    return [row.pk for row in await model.all().limit(SOME)]


def kind_of(global_id: str) -> NodeKind:
    decoded = decode(global_id)
    assert decoded is not None
    return decoded[0]


async def test_what_is_hidden_is_as_what_is_not_there(scenery: Scenery) -> None:
    assert await commands(scenery) > MANY
    assert await queries(scenery) > MANY


async def commands(scenery: Scenery) -> int:
    """Compare every command about another's thing with one about nothing; return how many."""
    compared = 0
    for name, example in EXAMPLES.items():
        for column, actor in scenery.callers:
            own, others = scenery.world.halves(actor, column)
            theirs = dict(named(example.given(others)))
            private = [path for path, each in theirs.items() if kind_of(each) not in KNOWN_TO_ALL]
            for path in private or theirs:
                another, nothing = [
                    await scenery.ask(actor, *asking(name, put(example.given(own), path, each)))
                    for each in (theirs[path], missing(theirs[path]))
                ]
                assert another == nothing, (name, column, path)
                compared += 1
    return compared


async def queries(scenery: Scenery) -> int:
    """Compare every query for another's thing with one for nothing; return how many."""
    compared = 0
    every = [gid(kind, row_id) for kind, model in MODELS.items() for row_id in await ids_of(model)]
    for column, actor in scenery.callers:
        document = "query ($id: ID!) { told: node(id: $id) { __typename id } }"
        for each in every:
            another = await scenery.ask(actor, document, {"id": each})
            if b'"id"' not in another.answer:
                assert another == await scenery.ask(actor, document, {"id": missing(each)}), each
                compared += 1
        for name, of in fields_of("Query").items():
            for question in QUERIES[name]:
                if question.argued:
                    _, others = scenery.world.halves(actor, column)
                    theirs = question.given(others)
                    document = document_of("query", name, of, theirs)
                    another = await scenery.ask(actor, document, theirs)
                    if b'"id"' not in another.answer and b'"edges":[{' not in another.answer:
                        nothing = {key: nowhere(each) for key, each in theirs.items()}
                        told = await scenery.ask(actor, document, nothing)
                        assert another == told, (name, column)
                        compared += 1
    return compared
