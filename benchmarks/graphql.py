"""Purchases over GraphQL: HTTP into two server processes, one hot platform wallet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.arena import Arena
from benchmarks.load import Load, run_load
from graphql_schema.relay import NodeKind, encode
from services.lottery.purchase import PurchaseOrder
from tests.stories.coffer import Coffer, coffer_on

PURCHASE = """
mutation Buy($input: PurchaseInput!) {
  purchase(input: $input) { __typename ... on PurchaseSuccess { transaction { id } } }
}
"""

PURCHASES = """
mutation BuyMany($input: PurchasesInput!) {
  purchases(input: $input) {
    ... on PurchasesSuccess {
      results { __typename ... on PurchaseSuccess { transaction { id } } }
    }
  }
}
"""


@contextmanager
def two_servers(arena: Arena) -> Iterator[Coffer]:
    """Serve the arena's database with two processes."""
    settings = arena.settings
    with coffer_on(
        settings.database_url, settings.redis_url, workers=2, key_file=settings.key_file
    ) as coffer:
        coffer.start()
        yield coffer


async def measure_purchase(arena: Arena, port: int, connections: int, seconds: float) -> Load:
    """Have each connection buy one ticket after the other."""
    run = uuid4().hex[:8]

    def body(client: int, number: int) -> dict[str, object]:
        return {
            "query": PURCHASE,
            "variables": {"input": _input(arena.order(client, number, run))},
        }

    def accepted(answer: dict[str, Any]) -> int:
        return int(
            (answer.get("data") or {}).get("purchase", {}).get("__typename") == "PurchaseSuccess"
        )

    return await run_load(port, _headers(arena), body, accepted, connections, seconds)


async def measure_purchases(
    arena: Arena, port: int, connections: int, size: int, seconds: float
) -> Load:
    """Have each connection buy ``size`` tickets of as many players with one mutation."""
    run = uuid4().hex[:8]

    def body(client: int, number: int) -> dict[str, object]:
        orders = (arena.order(client * size + index, number, run) for index in range(size))
        return {
            "query": PURCHASES,
            "variables": {"input": {"purchases": [_input(order) for order in orders]}},
        }

    def accepted(answer: dict[str, Any]) -> int:
        results = ((answer.get("data") or {}).get("purchases") or {}).get("results", [])
        return sum(result["__typename"] == "PurchaseSuccess" for result in results)

    return await run_load(port, _headers(arena), body, accepted, connections, seconds)


def _headers(arena: Arena) -> dict[str, str]:
    return {"x-api-key": arena.api_key}


def _input(order: PurchaseOrder) -> dict[str, object]:
    return {
        "idempotencyKey": order.key,
        "accountId": encode(NodeKind.ACCOUNT, order.account_id),
        "reference": order.reference,
        "amount": {"amount": f"{order.amount_minor / 100:.2f}", "currency": order.currency},
        "tickets": [
            {
                "drawId": encode(NodeKind.DRAW, ticket.draw_id),
                "numbers": ticket.numbers,
                "stake": {"amount": f"{ticket.stake_minor / 100:.2f}", "currency": order.currency},
                "serial": ticket.serial,
            }
            for ticket in order.tickets
        ],
    }
