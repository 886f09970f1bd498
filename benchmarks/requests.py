"""What is asked of the servers: templates for the load generator."""

from pathlib import Path
from uuid import UUID

import orjson

from app.commands.trust_documents import texts_below
from app.transport.trusted import encode as encode_registry
from app.transport.trusted import hash_of
from benchmarks.arena import STAKE_MINOR, Arena
from benchmarks.load import Template
from graphql_schema.relay import NodeKind, encode

DOCUMENTS = Path(__file__).with_name("documents")
ACKNOWLEDGED = '"__typename":"PurchaseSuccess"'

ANY_PURCHASE = """
mutation Buy($input: PurchaseInput!) {
  purchase(input: $input) {
    __typename
    ... on PurchaseSuccess { replayed transaction { id state at } }
    ... on Refusal { code message path }
  }
}
"""
"""The same as the trusted one, but for its name: a text of whoever asks."""

ANY_PURCHASES = """
mutation BuyMany($input: PurchasesInput!) {
  purchases(input: $input) {
    __typename
    ... on PurchasesSuccess {
      results {
        __typename
        ... on PurchaseSuccess { replayed transaction { id state at } }
        ... on Refusal { code message path }
      }
    }
    ... on Refusal { code message path }
  }
}
"""


def registry() -> bytes:
    """Return the registry of the documents that the benchmark has the servers trust."""
    return encode_registry(texts_below(DOCUMENTS))


def any_purchase(arena: Arena, run: str) -> Template:
    """Buy one ticket, with a document that the server does not know beforehand."""
    body = {"query": ANY_PURCHASE, "variables": {"input": _purchase(arena, run)}}
    return _template(arena, body)


def trusted_purchase(arena: Arena, run: str) -> Template:
    """Buy one ticket, with a trusted document."""
    body = {"variables": {"input": _purchase(arena, run)}, **_trusted("Purchase")}
    return _template(arena, body)


def many_purchases(arena: Arena, run: str, size: int) -> Template:
    """Buy tickets for as many players with one mutation."""
    first, other = _purchase(arena, run), _purchase(arena, run, begin="{{+}}")
    orders = [first, *([other] * (size - 1))]
    body = {"query": ANY_PURCHASES, "variables": {"input": {"purchases": orders}}}
    return _template(arena, body, size)


def _trusted(operation: str) -> dict[str, object]:
    """Name the trusted document of an operation, in place of sending its text."""
    (text,) = (one for one in texts_below(DOCUMENTS) if f" {operation}" in one.partition("{")[0])
    persisted = {"version": 1, "sha256Hash": hash_of(text)}
    return {"extensions": {"persistedQuery": persisted}}


def _purchase(arena: Arena, run: str, begin: str = "") -> dict[str, object]:
    stake = {"amount": f"{STAKE_MINOR / 100:.2f}", "currency": "CNY"}
    return {
        "idempotencyKey": begin + run + "-{{n}}",
        "accountId": "{{a}}",
        "reference": run + "-{{n}}",
        "amount": stake,
        "tickets": [
            {
                "drawId": encode(NodeKind.DRAW, arena.draw_id),
                "numbers": "01 02 03 04 05 06 + 07",
                "stake": stake,
                "serial": run + "-{{n}}",
            }
        ],
    }


def _template(arena: Arena, body: object, items: int = 1) -> Template:
    return Template(
        head=_head(("x-api-key", arena.api_key)),
        body=orjson.dumps(body).decode(),
        draws=[(_account(account_id),) for account_id in arena.accounts],
        expect=ACKNOWLEDGED,
        items=items,
    )


def _account(account_id: UUID) -> str:
    return encode(NodeKind.ACCOUNT, account_id)


def _head(*headers: tuple[str, str]) -> str:
    fixed = (("host", "127.0.0.1"), ("content-type", "application/json"), *headers)
    return "POST /graphql HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fixed)
