"""Asking the schema as the transport does, without the wire."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.adapters.local_bus import LocalBus
from app.transport.errors import Refused
from app.transport.execution import Engine
from app.transport.limits import Limits
from graphql_schema.messages import Language
from graphql_schema.relay import NodeKind, decode, encode
from resolvers.context import Context
from resolvers.schema import schema
from services.actors import Actor
from services.notifications.feed import Feed
from tests.factories import CNY, HouseUnderTest, a_key, house_on

ENGINE = Engine(schema, Limits(), suggestions=False)

OPENING = {
    "currency": CNY,
    "holderName": "Li",
    "phone": "13800000000",
    "identityKind": "RESIDENT_ID",
    "identityNumber": "110101199003071233",
}
"""What somebody fills in to open an account."""

REFUSAL = "... on Refusal { __typename code message path replayed }"
"""What a test asks of any refusal."""


@dataclass(frozen=True, slots=True)
class Coffer:
    """A house, its feed, and the schema before them."""

    house: HouseUnderTest
    feed: Feed
    language: Language = "en"

    @property
    def in_chinese(self) -> "Coffer":
        """The same, asked by somebody who reads Chinese."""
        return replace(self, language="zh")

    async def answer(self, actor: Actor, query: str, /, **variables: object) -> dict[str, Any]:
        """Run an operation and return the whole answer."""
        try:
            operation = ENGINE.admit(
                {"hash": None, "query": query, "variables": variables, "operation_name": None}
            )
        except Refused as refused:
            return {"errors": refused.errors, "data": None}
        context = Context(self.house, self.feed, actor, self.language)
        return dict(await ENGINE.execute(operation, context))

    async def ask(self, actor: Actor, query: str, /, **variables: object) -> dict[str, Any]:
        """Run an operation that has no errors and return its data."""
        answer = await self.answer(actor, query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def fail(self, actor: Actor, query: str, /, **variables: object) -> dict[str, Any]:
        """Run an operation that has one error, and return its extensions and message."""
        answer = await self.answer(actor, query, **variables)
        (error,) = answer["errors"]
        return {"message": error["message"], **error["extensions"]}

    async def do(
        self,
        actor: Actor,
        mutation: str,
        wanted: str = "",
        /,
        **given: object,
    ) -> Any:  # noqa: ANN401 - whatever the mutation answers
        """Run one mutation with a fresh key unless given, and return what it answers.

        Args:
            actor: Who asks.
            mutation: Its field.
            wanted: What is asked of its success.
            given: Its input, camelCase.
        """
        document, variables = self._mutation(mutation, wanted, given)
        data = await self.ask(actor, document, **variables)
        return data[mutation]

    async def fail_to(
        self,
        actor: Actor,
        mutation: str,
        wanted: str = "",
        /,
        **given: object,
    ) -> dict[str, Any]:
        """Run one mutation that ends in a top-level error, and return that."""
        document, variables = self._mutation(mutation, wanted, given)
        return await self.fail(actor, document, **variables)

    async def follow(
        self, actor: Actor, query: str, /, **variables: object
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Run a subscription and yield its answers."""
        operation = ENGINE.admit(
            {"hash": None, "query": query, "variables": variables, "operation_name": None}
        )
        stream = ENGINE.subscribe(
            operation, lambda: Context(self.house, self.feed, actor, self.language)
        )
        try:
            async for answer in stream:
                yield dict(answer)
        finally:
            await stream.aclose()

    @staticmethod
    def _mutation(
        mutation: str, wanted: str, given: dict[str, object]
    ) -> tuple[str, dict[str, object]]:
        name = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename"
            f" {REFUSAL} ... on {name}Success {{ replayed {wanted} }} }} }}"
        )
        if mutation not in {"signIn", "stepUp", "setParameter", "purchases", "revealProfile"}:
            given = {"idempotencyKey": a_key(), **given}
        return document, {"input": given}


@asynccontextmanager
async def coffer_on(url: str, *, capacity: int = 1000) -> AsyncIterator[Coffer]:
    """Open a house and its feed on a fresh, migrated database."""
    bus = LocalBus()
    async with house_on(url, on_commit=bus.wake) as house:
        feed = Feed(bus, poll_s=0.05, rest_s=0.001, capacity=capacity)
        await feed.start()
        try:
            yield Coffer(house, feed)
        finally:
            await feed.stop()


def cny(amount: str, currency: str = CNY) -> dict[str, str]:
    """Return an amount as an input."""
    return {"amount": amount, "currency": currency}


def gid(kind: NodeKind, row_id: UUID | str) -> str:
    """Return a global id."""
    return str(encode(kind, row_id))


def row_id_of(global_id: str) -> UUID:
    """Return the id of the row that a global id names."""
    decoded = decode(global_id)
    assert decoded is not None
    return decoded[1]
