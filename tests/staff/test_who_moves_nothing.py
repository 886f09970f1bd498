"""Supervisors read and never move; an operator without a role does neither.

Every mutation and query of the schema is asked by both, so that one that is added is asked too.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from graphql_schema.notifications import FEED
from graphql_schema.relay import NodeKind, cursor_of
from resolvers.schema import schema
from services.actors import Actor
from tests.factories import a_scene, a_supervisor, an_idle_operator, dump, new_id
from tests.resolvers.asking import Coffer, cny, coffer_on, gid

OPEN_TO_ALL = {
    "signUp",
    "signIn",
    "signOut",
    "acceptInvitation",
    "refreshSession",
    "requestPasswordReset",
    "resetPassword",
    "signOutEverywhere",
    "endSession",
    "changePassword",
}
"""What one does to be somebody, or to be nobody again; none of it moves anything of the house's."""

OPEN_TO_THE_HOUSE = {
    "viewer",
    "node",
    "nodes",
    "account",
    "draw",
    "draws",
    "feed",
    "partners",
    "sessions",
    "statement",
}
"""Queries that answer whoever has signed in with what they may see, be it nothing."""

SUPERVISORS_READ = {
    *OPEN_TO_THE_HOUSE,
    "auditLog",
    "ledgerCheck",
    "ledgerPosition",
    "parameters",
    "payoutRun",
    "roles",
    "staff",
    "suspense",
}

SAMPLES: dict[str, Any] = {
    "String": "1",
    "Int": 1,
    "Boolean": True,
    "DateTime": "2030-01-01T00:00:00Z",
    "MoneyAmount": "1",
    "MoneyInput": cny("1"),
    "WholeNumber": "1",
}
BY_NAME = {
    "currency": "CNY",
    "email": "somebody@example.com",
    "password": "correct horse battery",
    "newPassword": "correct horse battery",
    "recoveryId": str(new_id()),
    "pin": "935182",
    "newPin": "935182",
    "currentPin": "935182",
    "phone": "13800000000",
    "identityNumber": "110101199003071233",
}


def fields_of(root: str) -> dict[str, Any]:
    found = getattr(schema._schema, f"{root}_type")
    assert isinstance(found, GraphQLObjectType)
    fields: dict[str, Any] = found.fields
    return fields


def sample(kind: GraphQLInputType, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a value that a field takes, well formed."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, name)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, name.removesuffix("s"))]
    if isinstance(kind, GraphQLInputObjectType) and kind.name != "MoneyInput":
        return {
            each: sample(field.type, each)
            for each, field in kind.fields.items()
            if is_required_input_field(field)
        }
    return BY_NAME.get(name) or leaf(kind, name)


def leaf(kind: GraphQLInputType, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return a value of a scalar, an enum, or an amount of money."""
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    named = get_named_type(kind).name
    return gid(kind_of(name), new_id()) if named == "ID" else SAMPLES[named]


def kind_of(name: str) -> NodeKind:
    """Return what an id is of, by the name of the field that takes it."""
    plain = name.removesuffix("Id").removesuffix("Ids")
    names = {
        "card": NodeKind.BANK_CARD,
        "member": NodeKind.STAFF_MEMBER,
        "purchase": NodeKind.TRANSACTION,
        "run": NodeKind.PAYOUT_RUN,
    }
    return names.get(plain) or next(
        (kind for kind in NodeKind if kind[0].lower() + kind[1:] == plain), NodeKind.ACCOUNT
    )


def asking(root: str, name: str) -> tuple[str, dict[str, Any]]:
    """Return a document that asks a root field for as little as can be, and its variables."""
    field = fields_of(root)[name]
    needed = {
        each: argument for each, argument in field.args.items() if is_required_argument(argument)
    }
    variables: dict[str, Any] = {
        each: NODE_IDS.get(name) or sample(argument.type, each) for each, argument in needed.items()
    }
    if name in ONE_OF:
        variables = {"input": {**variables["input"], **ONE_OF[name]}}
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in needed.items())
    passed = ", ".join(f"{each}: ${each}" for each in needed)
    document = (
        f"{root} {f'({declared})' if declared else ''} {{ {name}"
        f"{f'({passed})' if passed else ''} {{ __typename }} }}"
    )
    return document, variables


ONE_OF = {"replayWebhook": {"after": cursor_of(FEED, 1)}}
"""What must be given, of several."""

NODE_IDS = {
    "draw": gid(NodeKind.DRAW, new_id()),
    "payoutRun": gid(NodeKind.PAYOUT_RUN, new_id()),
}


@pytest.fixture
async def coffer(sqlite_url: str) -> AsyncIterator[Coffer]:
    """The schema before a house with something to move in it."""
    async with coffer_on(sqlite_url) as coffer:
        await a_scene(coffer.house)
        yield coffer


async def both(coffer: Coffer) -> tuple[Actor, Actor]:
    return await a_supervisor(coffer.house), await an_idle_operator(coffer.house)


@pytest.mark.parametrize("mutation", sorted(set(fields_of("mutation")) - OPEN_TO_ALL))
async def test_nothing_is_theirs_to_do(coffer: Coffer, mutation: str) -> None:
    actors = await both(coffer)
    document, variables = asking("mutation", mutation)
    before = await dump()
    for actor in actors:
        error = await coffer.fail(actor, document, **variables)
        assert error["code"] == "FORBIDDEN", (actor.kind, error)
    assert await dump() == before


@pytest.mark.parametrize("query", sorted(fields_of("query")))
async def test_what_is_theirs_to_read(coffer: Coffer, query: str) -> None:
    supervisor, idle = await both(coffer)
    document, variables = asking("query", query)
    for actor, reads in ((supervisor, SUPERVISORS_READ), (idle, OPEN_TO_THE_HOUSE)):
        if query in reads:
            await coffer.ask(actor, document, **variables)
        else:
            assert (await coffer.fail(actor, document, **variables))["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", sorted(OPEN_TO_ALL & set(fields_of("mutation"))))
async def test_to_be_somebody_moves_no_money(coffer: Coffer, mutation: str) -> None:
    supervisor, idle = await both(coffer)
    document, variables = asking("mutation", mutation)
    money = {"Wallet", "Entry", "Line", "Hold", "Partner", "Draw", "Role", "StaffRole"}
    before = {name: rows for name, rows in (await dump()).items() if name in money}
    for actor in (supervisor, idle):
        await coffer.answer(actor, document, **variables)
    assert {name: rows for name, rows in (await dump()).items() if name in money} == before
