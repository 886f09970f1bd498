"""Global ids and cursors: opaque, strict, and never a way to see more."""

import base64
from uuid import uuid4

import pytest

from graphql_schema.relay import NodeKind, cursor_of, decode, encode
from services.actors import NOBODY
from tests.factories import a_customer, a_platform, a_scene, an_account, id_of
from tests.resolvers.asking import Coffer, gid

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("kind", NodeKind)
def test_an_id_says_what_it_names(kind: NodeKind) -> None:
    row_id = uuid4()
    assert decode(encode(kind, row_id)) == (kind, row_id)
    assert encode(kind, str(row_id)) == encode(kind, row_id)


ROW = "0192a1b2-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        "💰",
        ROW,
        packed("Account"),
        packed("Account:"),
        packed("Account:1"),
        packed(f"account:{ROW}"),
        packed(f"Unicorn:{ROW}"),
        packed(f":{ROW}"),
        packed(f"Account:{ROW.upper()}"),
        packed(f"Account:{{{ROW}}}"),
        packed(f"Account:{ROW.replace('-', '')}"),
        packed(f"Account:{ROW}:"),
        packed(f" Account:{ROW}"),
        packed(f"Account:{ROW}").rstrip("="),
        packed(f"Account:{ROW}") + "\n",
        base64.b64encode(b"\xff\xfe").decode(),
    ],
)
async def test_garbage_is_no_id(coffer: Coffer, garbage: str) -> None:
    player = await a_customer(coffer.house)
    error = await coffer.fail(player, NODE, id=garbage)
    assert (error["code"], error["field"], error["rule"]) == ("BAD_USER_INPUT", "id", "NOT_AN_ID")


async def test_the_id_of_something_else_is_refused(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    error = await coffer.fail(
        player, "query ($id: ID!) { account(id: $id) { id } }", id=gid(NodeKind.DRAW, uuid4())
    )
    assert (error["code"], error["rule"]) == ("BAD_USER_INPUT", "WRONG_KIND_OF_ID")


async def test_nodes_keep_their_order_and_leave_gaps(coffer: Coffer) -> None:
    player, stranger = await a_customer(coffer.house), await a_customer(coffer.house)
    mine = gid(NodeKind.ACCOUNT, await an_account(coffer.house, player))
    theirs = gid(NodeKind.ACCOUNT, await an_account(coffer.house, stranger))
    missing = gid(NodeKind.ACCOUNT, uuid4())
    me = gid(NodeKind.CUSTOMER, id_of(player))
    data = await coffer.ask(
        player,
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        ids=[missing, me, theirs, mine, me],
    )
    assert data["nodes"] == [None, {"id": me}, None, {"id": mine}, {"id": me}]


async def test_a_hundred_ids_and_no_more(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [gid(NodeKind.DRAW, uuid4()) for _ in range(101)]
    assert (await coffer.ask(player, query, ids=ids[:100]))["nodes"] == [None] * 100
    error = await coffer.fail(player, query, ids=ids)
    assert (error["field"], error["rule"], error["maximum"]) == ("ids", "TOO_MANY", 100)


async def test_every_node_is_found_again_by_its_id(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    (serial,) = await scene.wins(coffer.house, 5_00)
    data = await coffer.ask(
        scene.player,
        """{ viewer { ... on Customer { id accounts { id
             mandates { edges { node { id partner { id } } } }
             payouts { edges { node { id serial draw { id } ticket { id purchase { id } } } } }
           } } } }""",
    )
    (account,) = data["viewer"]["accounts"]
    winning = account["payouts"]["edges"][0]["node"]
    mandate = account["mandates"]["edges"][0]["node"]
    assert winning["serial"] == serial
    ids = {
        "Customer": data["viewer"]["id"],
        "Account": account["id"],
        "Mandate": mandate["id"],
        "Partner": mandate["partner"]["id"],
        "WinningTicket": winning["id"],
        "Draw": winning["draw"]["id"],
        "Ticket": winning["ticket"]["id"],
        "Transaction": winning["ticket"]["purchase"]["id"],
    }
    for name, node_id in ids.items():
        found = await coffer.ask(scene.player, NODE, id=node_id)
        assert found["node"] == {"__typename": name, "id": node_id}


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        packed("transaction:"),
        packed("transaction:-1"),
        packed("transaction:1.5"),
        packed("transaction:01"),
        packed("transaction: 1"),
        packed("transaction:1_0"),
        packed("transaction:٣"),
        packed(f"transaction:{2**63}"),
        packed("draw:1"),
        packed(f"transaction:{ROW}"),
        packed("transaction:1").rstrip("="),
    ],
)
async def test_a_bad_cursor_is_refused(coffer: Coffer, cursor: str) -> None:
    player = await a_customer(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, await an_account(coffer.house, player))
    error = await coffer.fail(
        player,
        """query ($id: ID!, $after: String) { account(id: $id) {
           transactions(after: $after) { edges { cursor } } } }""",
        id=account_id,
        after=cursor,
    )
    assert (error["code"], error["field"], error["rule"]) == (
        "BAD_USER_INPUT",
        "after",
        "BAD_CURSOR",
    )


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_has_one_to_a_hundred(coffer: Coffer, first: int) -> None:
    player = await a_customer(coffer.house)
    query = "query ($first: Int!) { draws(first: $first) { pageInfo { endCursor } } }"
    answer = await coffer.answer(player, query, first=first)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}


def test_a_cursor_carries_its_position() -> None:
    assert base64.b64decode(cursor_of("draw", 7)) == b"draw:7"


async def test_nobody_gets_nothing(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    node_id = gid(NodeKind.PARTNER, id_of(platform))
    assert (await coffer.fail(NOBODY, NODE, id=node_id))["code"] == "UNAUTHENTICATED"
    assert await coffer.ask(NOBODY, "{ viewer { __typename } }") == {"viewer": None}
