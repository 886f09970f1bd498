"""A mutation that takes too long is given up; what it asked the desk for is done all the same."""

import sqlite3
from contextlib import closing

import pytest

from app.transport.errors import Overdue
from app.transport.execution import Engine, Request
from app.transport.limits import Limits
from graphql_schema.relay import NodeKind
from resolvers.context import Context
from resolvers.schema import schema
from tests.factories import a_customer, a_key, an_account
from tests.resolvers.asking import Coffer, gid

FREEZE = """mutation ($input: FreezeAccountInput!) { freezeAccount(input: $input) {
  __typename ... on FreezeAccountSuccess { replayed account { status } } } }"""


async def test_it_is_asked_again_with_its_key(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, await an_account(coffer.house, player))
    given = {"idempotencyKey": a_key(), "accountId": account_id, "reason": "lent it to a friend"}
    impatient = Engine(schema, Limits(operation_seconds=0.1), suggestions=False)
    request: Request = {
        "query": FREEZE,
        "hash": None,
        "variables": {"input": given},
        "operation_name": None,
    }
    context = Context(coffer.house, coffer.feed, player, "en")
    path = coffer.house.url.removeprefix("sqlite://")
    # Somebody else writes for longer than the caller may wait.
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Overdue, match="ask again, with the same idempotency key"):
            await impatient.execute(impatient.admit(request), context)
        other.execute("ROLLBACK")
    answer = await coffer.ask(player, FREEZE, input=given)
    assert answer["freezeAccount"] == {
        "__typename": "FreezeAccountSuccess",
        "replayed": True,
        "account": {"status": "FROZEN"},
    }
