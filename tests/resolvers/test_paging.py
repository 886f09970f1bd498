"""Connections: pages by key, so that rows which arrive neither shift nor repeat anything."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphql_schema.relay import NodeKind
from models.kinds import DrawState, EntryKind
from services.actors import Actor
from tests.factories import (
    a_centre,
    a_customer,
    a_draw,
    a_platform,
    a_scene,
    an_account,
    give,
)
from tests.resolvers.asking import Coffer, cny, coffer_on, gid


@pytest.fixture
async def coffer(database_url: str) -> AsyncIterator[Coffer]:
    """The schema before a fresh house, on each database: these reads are queries of our own."""
    async with coffer_on(database_url) as coffer:
        yield coffer


TRANSACTIONS = """query ($id: ID!, $first: Int! = 3, $after: String, $filter: TransactionFilter) {
    account(id: $id) { transactions(first: $first, after: $after, filter: $filter) {
        edges { cursor node { number type amount { amount } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def page(coffer: Coffer, player: Actor, **variables: object) -> dict[str, Any]:
    data = await coffer.ask(player, TRANSACTIONS, **variables)
    found: dict[str, Any] = data["account"]["transactions"]
    return found


def numbers(found: dict[str, Any]) -> list[int]:
    return [edge["node"]["number"] for edge in found["edges"]]


async def test_rows_that_arrive_shift_no_page(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    for _ in range(7):
        await give(coffer.house, EntryKind.DEPOSIT, account_id, 1_00)
    shown = gid(NodeKind.ACCOUNT, account_id)
    seen: list[int] = []
    found = await page(coffer, player, id=shown)
    assert found["pageInfo"]["hasPreviousPage"] is False
    while True:
        seen += numbers(found)
        assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
        await give(coffer.house, EntryKind.DEPOSIT, account_id, 1_00)
        found = await page(coffer, player, id=shown, after=found["pageInfo"]["endCursor"])
        assert found["pageInfo"]["hasPreviousPage"] is True
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_a_page_may_begin_at_any_edge(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    for _ in range(4):
        await give(coffer.house, EntryKind.DEPOSIT, account_id, 1_00)
    shown = gid(NodeKind.ACCOUNT, account_id)
    first = await page(coffer, player, id=shown)
    again = await page(coffer, player, id=shown, after=first["edges"][1]["cursor"])
    assert numbers(again) == [2, 1]
    assert again["pageInfo"]["hasNextPage"] is False
    beyond = await page(coffer, player, id=shown, after=again["edges"][1]["cursor"])
    assert beyond["edges"] == []
    assert beyond["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"types": ["PURCHASE"]}, [3]),
        ({"types": ["PURCHASE", "DEPOSIT"]}, [3, 2, 1]),
        ({"types": []}, [3, 2, 1]),
        ({"types": ["PAYOUT"]}, []),
        ({"states": ["COMPLETED"]}, [3, 2, 1]),
        ({"states": ["PENDING"]}, []),
        ({"minAmount": "5.00"}, [3, 1]),
        ({"maxAmount": "5"}, [3, 2]),
        ({"minAmount": "5", "maxAmount": "5"}, [3]),
        ({"minAmount": "0"}, [3, 2, 1]),
        ({"from": "2026-03-02T05:00:00Z"}, [3, 2]),
        ({"to": "2026-03-02T13:00:00+08:00"}, [1]),
        ({"from": "2026-03-02T05:00:00Z", "to": "2026-03-02T06:00:00Z"}, [2]),
        ({"types": ["DEPOSIT"], "maxAmount": "5"}, [2]),
    ],
)
async def test_transactions_are_found_by_what_they_are(
    coffer: Coffer, condition: dict[str, object], expected: list[int]
) -> None:
    scene = await a_scene(coffer.house, balance_minor=100_00)
    coffer.house.clock.advance(hours=1)
    await give(coffer.house, EntryKind.DEPOSIT, scene.account_id, 1_00)
    coffer.house.clock.advance(hours=1)
    await scene.buys(coffer.house, stakes=[5_00])
    shown = gid(NodeKind.ACCOUNT, scene.account_id)
    found = await page(coffer, scene.player, id=shown, filter=condition)
    assert numbers(found) == expected


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"minAmount": "-1"}, "filter.minAmount"),
        ({"maxAmount": "1.001"}, "filter.maxAmount"),
        ({"from": "yesterday"}, "filter.from"),
        ({"to": "2026-03-02T00:00:00"}, "filter.to"),
        ({"to": "2026-02-30T00:00:00Z"}, "filter.to"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "filter.to"),
        ({"types": ["DEPOSIT"] * 11}, "filter.types"),
    ],
)
async def test_a_malformed_filter_is_refused_by_field(
    coffer: Coffer, condition: dict[str, object], field: str
) -> None:
    player = await a_customer(coffer.house)
    shown = gid(NodeKind.ACCOUNT, await an_account(coffer.house, player))
    error = await coffer.fail(player, TRANSACTIONS, id=shown, filter=condition)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


async def test_draws_page_and_narrow(coffer: Coffer) -> None:
    house = coffer.house
    centre = await a_centre(house)
    player = await a_customer(house)
    ids = [gid(NodeKind.DRAW, await a_draw(house, centre)) for _ in range(3)]
    closed = gid(NodeKind.DRAW, await a_draw(house, centre, state=DrawState.CLOSED))
    query = """query ($after: String, $state: DrawState, $game: String) {
        draws(first: 2, after: $after, state: $state, game: $game) {
            edges { node { id } } pageInfo { hasNextPage endCursor } } }"""

    def shown(data: dict[str, Any]) -> list[str]:
        return [edge["node"]["id"] for edge in data["draws"]["edges"]]

    first = await coffer.ask(player, query)
    assert shown(first) == [closed, ids[2]]
    await a_draw(house, centre)
    second = await coffer.ask(player, query, after=first["draws"]["pageInfo"]["endCursor"])
    assert shown(second) == [ids[1], ids[0]]
    assert second["draws"]["pageInfo"]["hasNextPage"] is False
    assert shown(await coffer.ask(player, query, state="CLOSED")) == [closed]
    assert shown(await coffer.ask(player, query, game="Another Game")) == []
    assert len(shown(await coffer.ask(player, query, game="Double Colour Ball"))) == 2


async def test_winning_tickets_and_payouts_page(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    serials = await scene.wins(coffer.house, 1_00, 2_00, 3_00)
    query = """query ($id: ID!, $account: ID!, $a: String, $b: String) {
        draw(id: $id) { winningTickets(first: 2, after: $a) {
            edges { node { serial } } pageInfo { endCursor hasNextPage } } }
        account(id: $account) { payouts(first: 2, after: $b) {
            edges { node { serial } } pageInfo { endCursor hasNextPage } } } }"""
    ids = {
        "id": gid(NodeKind.DRAW, scene.draw_id),
        "account": gid(NodeKind.ACCOUNT, scene.account_id),
    }
    first = await coffer.ask(scene.player, query, **ids)
    winners, payouts = first["draw"]["winningTickets"], first["account"]["payouts"]
    second = await coffer.ask(
        scene.player,
        query,
        **ids,
        a=winners["pageInfo"]["endCursor"],
        b=payouts["pageInfo"]["endCursor"],
    )
    pages = [*winners["edges"], *second["draw"]["winningTickets"]["edges"]]
    assert [edge["node"]["serial"] for edge in pages] == serials
    pages = [*payouts["edges"], *second["account"]["payouts"]["edges"]]
    assert [edge["node"]["serial"] for edge in pages] == serials[::-1]
    assert second["account"]["payouts"]["pageInfo"]["hasNextPage"] is False


async def test_partners_narrow_by_kind(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    platform = await a_platform(coffer.house, "Lucky")
    await a_centre(coffer.house)
    data = await coffer.ask(
        player,
        "{ partners(kind: SALES_PLATFORM) { edges { node { id name balance { amount } } } } }",
    )
    (edge,) = data["partners"]["edges"]
    assert edge["node"] == {
        "id": gid(NodeKind.PARTNER, platform.id or ""),
        "name": "Lucky",
        "balance": None,
    }


async def test_the_balance_of_a_moment_of_the_past(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player, 5_00)
    coffer.house.clock.advance(hours=1)
    await coffer.do(player, "deposit", accountId=gid(NodeKind.ACCOUNT, account_id), amount=cny("1"))
    data = await coffer.ask(
        player,
        """query ($id: ID!) { account(id: $id) {
            before: balanceAt(moment: "2026-03-02T03:59:59Z") { amount }
            then: balanceAt(moment: "2026-03-02T04:59:59Z") { amount }
            now: balanceAt(moment: "2026-03-02T05:00:00Z") { amount } } }""",
        id=gid(NodeKind.ACCOUNT, account_id),
    )
    assert data["account"] == {
        "before": {"amount": "0.00"},
        "then": {"amount": "5.00"},
        "now": {"amount": "6.00"},
    }


STATEMENT = """query ($id: ID!, $first: Int! = 2, $after: String) {
    statement(id: $id, first: $first, after: $after) {
        edges { node { number kind amount { amount } balanceAfter { amount } at } }
        pageInfo { hasNextPage endCursor } } }"""


async def test_a_statement_is_for_the_holder_and_for_operators(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    for _ in range(3):
        await scene.buys(house, stakes=[2_00])
    account = gid(NodeKind.ACCOUNT, scene.account_id)
    platform = gid(NodeKind.PARTNER, scene.platform_id)
    told = [
        (line["number"], line["kind"], line["amount"]["amount"], line["balanceAfter"]["amount"])
        for line in await _statement(coffer, scene.platform, platform)
    ]
    assert told == [
        ("3", "PURCHASE", "2.00", "6.00"),
        ("2", "PURCHASE", "2.00", "4.00"),
        ("1", "PURCHASE", "2.00", "2.00"),
    ]
    own = await _statement(coffer, scene.player, account)
    assert [line["amount"]["amount"] for line in own] == ["-2.00"] * 3 + ["100.00"]
    assert await _statement(coffer, scene.operator, account) == own
    for actor, shown in (
        (scene.player, platform),
        (scene.platform, account),
        (scene.centre, account),
        (await a_customer(house), account),
        (scene.player, gid(NodeKind.DRAW, scene.draw_id)),
    ):
        assert await coffer.ask(actor, STATEMENT, id=shown) == {"statement": None}


async def _statement(coffer: Coffer, actor: Actor, shown: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        found = (await coffer.ask(actor, STATEMENT, id=shown, after=after))["statement"]
        told += [edge["node"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            return told
