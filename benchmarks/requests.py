"""What is asked of the servers: templates for the load generator."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from app.commands.trust_documents import texts_below
from app.transport.trusted import encode as encode_registry
from app.transport.trusted import hash_of
from benchmarks.arena import NUMBERS, Arena, Player
from benchmarks.load import Template
from benchmarks.past import CURRENCY, STAKE_MINOR
from graphql_schema.relay import NodeKind, encode

DOCUMENTS = Path(__file__).with_name("documents")
PAGE = 20
"""How many transactions the account is read with, and a page has."""
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
    """Buy one ticket, with a document that the servers do not know beforehand."""
    body = {"query": ANY_PURCHASE, "variables": {"input": _purchase(arena, run)}}
    return _buying(arena, body)


def trusted_purchase(arena: Arena, run: str) -> Template:
    """Buy one ticket, with a trusted document."""
    return _buying(arena, _trusted("Purchase", input=_purchase(arena, run)))


def many_purchases(arena: Arena, run: str, size: int) -> Template:
    """Buy tickets for as many players with one mutation."""
    first, other = _purchase(arena, run), _purchase(arena, run, begin="{{+}}")
    orders = [first, *([other] * (size - 1))]
    body = {"query": ANY_PURCHASES, "variables": {"input": {"purchases": orders}}}
    return _buying(arena, body, size)


def account_read(arena: Arena) -> Template:
    """Have players read their accounts, each with its last transactions."""
    return _reading(_trusted("AccountRead", id="{{a}}"), arena.players)


def page(player: Player, after: str | None) -> Template:
    """Have a player read a page of their transactions."""
    body = _trusted("Page", id="{{a}}", first=PAGE, after=after)
    return _reading(body, (player,))


def page_request(player: Player, first: int, after: str | None) -> dict[str, object]:
    """Return one request for a page, to be sent with the player's token."""
    account_id = encode(NodeKind.ACCOUNT, player.account_id)
    return _trusted("Page", id=account_id, first=first, after=after)


def alerts() -> dict[str, object]:
    """Return a subscription to threshold alerts, with a trusted document."""
    return _trusted("Alerts")


def _trusted(operation: str, **variables: object) -> dict[str, object]:
    """Name the trusted document of an operation, in place of sending its text."""
    (text,) = (
        text for text in texts_below(DOCUMENTS) if text.split(maxsplit=1)[1].startswith(operation)
    )
    persisted = {"version": 1, "sha256Hash": hash_of(text)}
    return {"extensions": {"persistedQuery": persisted}, "variables": variables}


def _purchase(arena: Arena, run: str, begin: str = "") -> dict[str, object]:
    stake = {"amount": f"{STAKE_MINOR / 100:.2f}", "currency": CURRENCY}
    return {
        "idempotencyKey": begin + run + "-{{n}}",
        "accountId": "{{a}}",
        "reference": run + "-{{n}}",
        "amount": stake,
        "tickets": [
            {
                "drawId": encode(NodeKind.DRAW, arena.draw_id),
                "numbers": NUMBERS,
                "stake": stake,
                "serial": run + "-{{n}}",
            }
        ],
    }


def _buying(arena: Arena, body: object, items: int = 1) -> Template:
    return Template(
        head=_head(("x-api-key", arena.api_key)),
        body=orjson.dumps(body).decode(),
        draws=[(encode(NodeKind.ACCOUNT, player.account_id),) for player in arena.players],
        expect=ACKNOWLEDGED,
        items=items,
    )


def _reading(body: object, players: Sequence[Player]) -> Template:
    return Template(
        head=_head(("authorization", "Bearer {{b}}")),
        body=orjson.dumps(body).decode(),
        draws=[
            (encode(NodeKind.ACCOUNT, player.account_id), player.token)
            for player in players
            if player.token
        ],
        expect='"partner":{',
        times=PAGE,
    )


def _head(*headers: tuple[str, str]) -> str:
    fixed = (("host", "127.0.0.1"), ("content-type", "application/json"), *headers)
    return "POST /graphql HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fixed)
