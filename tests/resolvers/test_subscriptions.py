"""Following the feed: live, from where one left off, and only what is one's own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from graphql import GraphQLError

from app.transport.errors import Refused
from graphql_schema.notifications import FEED
from graphql_schema.relay import NodeKind, cursor_of
from models import FeedEvent, FeedFloor
from services.actors import NOBODY, Actor
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.parameters import ParameterName
from services.staff.change_roles import change_staff_roles
from services.staff.deactivate import deactivate_staff
from tests.factories import (
    Scene,
    a_customer,
    a_key,
    a_platform,
    a_scene,
    an_account,
    an_operator,
    id_of,
    set_parameter,
)
from tests.resolvers.asking import OPENING, Coffer, coffer_on, gid

BEGINNING = cursor_of(FEED, 0)

EVENT = """__typename ... on FeedEvent { id cursor kind at }
    ... on FeedGap { gapEnd: cursor }
    ... on PrizeEvent { amount { amount } tax { amount } serial draw { id } }
    ... on TransactionEvent { transaction { amount { amount } balanceAfter { amount } } }
    ... on ThresholdAlert { name balance { amount } threshold { amount } partner { id } }
    ... on MandateEvent { mandate { partner { id } limitPerDay { amount } } }
    ... on DrawEvent { draw { state } }
    ... on DrawPaidEvent { payoutRun { state } }
    ... on PoolFundedEvent { amount { amount } balance { amount } }
    ... on PartnerEvent { partner { status } }
    ... on TicketsConfirmedEvent { tickets { serial } }
    ... on AccountEvent { accountId status account { number } }"""

NOTIFICATIONS = (
    "subscription ($after: String, $kinds: [EventKind!]) {"
    f" told: notifications(after: $after, kinds: $kinds) {{ {EVENT} }} }}"
)
PRIZES = (
    f"subscription ($after: String) {{ told: prizeNotifications(after: $after) {{ {EVENT} }} }}"
)
ALERTS = f"subscription ($after: String) {{ told: thresholdAlerts(after: $after) {{ {EVENT} }} }}"
ACTIVITY = (
    "subscription ($id: ID!, $after: String) {"
    f" told: accountActivity(accountId: $id, after: $after) {{ {EVENT} }} }}"
)
FEED_QUERY = (
    "query ($first: Int! = 20, $after: String, $kinds: [EventKind!], $account: ID,"
    " $newest: Boolean! = false) { feed(first: $first, after: $after, kinds: $kinds,"
    " accountId: $account, newestFirst: $newest) { gap { cursor } edges { cursor node {"
    f" {EVENT.replace('... on FeedGap { gapEnd: cursor }', '')} }} }}"
    " pageInfo { hasNextPage endCursor } } }"
)

Stream = AsyncGenerator[dict[str, Any], None]


async def told(stream: Stream) -> dict[str, Any]:
    """Return the next event of a stream."""
    async with asyncio.timeout(10):
        answer = await anext(stream)
    assert "errors" not in answer, answer
    event: dict[str, Any] = answer["data"]["told"]
    return event


async def listening(coffer: Coffer, stream: Stream) -> asyncio.Task[dict[str, Any]]:
    """Begin to wait for a stream's next event, and return once its follower is there."""
    followers = coffer.feed.figures.followers
    waiting = asyncio.create_task(told(stream))
    async with asyncio.timeout(10):
        while coffer.feed.figures.followers == followers:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)
    return waiting


async def a_prize(coffer: Coffer, scene: Scene, *prizes_minor: int) -> list[str]:
    """Have a player win and claim prizes; return the serials."""
    serials = await scene.wins(coffer.house, *prizes_minor)
    for serial in serials:
        claim = ClaimPrize(a_key(), scene.account_id, scene.draw_id, serial)
        await claim_prize(coffer.house, scene.player, claim)
    return serials


async def test_a_prize_is_told_at_once_and_to_its_player_only(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    stranger = await a_customer(coffer.house)
    async with (
        aclosing(coffer.follow(scene.player, PRIZES)) as mine,
        aclosing(coffer.follow(stranger, PRIZES)) as theirs,
    ):
        waiting = await listening(coffer, mine)
        other = await listening(coffer, theirs)
        (serial,) = await a_prize(coffer, scene, 20_000_00)
        event = await waiting
        assert event["__typename"] == "PrizeEvent"
        assert (event["amount"], event["tax"]) == (
            {"amount": "16000.00"},
            {"amount": "4000.00"},
        )
        assert event["serial"] == serial
        assert event["draw"] == {"id": gid(NodeKind.DRAW, scene.draw_id)}
        page = await coffer.ask(stranger, FEED_QUERY, kinds=["PRIZE_PAID"])
        assert page["feed"]["edges"] == []
        assert not other.done()
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other


async def test_one_comes_back_with_the_cursor_and_misses_nothing(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    serials = await a_prize(coffer, scene, 1_00, 2_00, 3_00)
    async with aclosing(coffer.follow(scene.player, PRIZES, after=BEGINNING)) as stream:
        first = await told(stream)
    async with aclosing(coffer.follow(scene.player, PRIZES, after=first["cursor"])) as stream:
        rest = [await told(stream), await told(stream)]
    events = [first, *rest]
    assert [event["serial"] for event in events] == serials
    assert len({event["id"] for event in events}) == 3


async def test_the_activity_of_one_account_and_no_other(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    await an_account(house, scene.player, currency="JPY")
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    await scene.buys(house, stakes=[5_00])
    frozen = await coffer.do(scene.operator, "freezeAccount", "status", accountId=account_id)
    assert frozen["status"] == "FROZEN"
    stream = coffer.follow(scene.player, ACTIVITY, id=account_id, after=BEGINNING)
    async with aclosing(stream):
        events = [await told(stream) for _ in range(3)]
    assert [event["kind"] for event in events] == ["MANDATE_GRANTED", "PURCHASE", "ACCOUNT_FROZEN"]
    assert events[1]["transaction"] == {
        "amount": {"amount": "-5.00"},
        "balanceAfter": {"amount": "95.00"},
    }
    assert (events[2]["accountId"], events[2]["status"]) == (account_id, "FROZEN")


async def test_a_platform_is_told_of_its_purchases_without_balances(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    await scene.buys(coffer.house)
    other = await a_platform(coffer.house)
    kinds = ["PURCHASE", "MANDATE_GRANTED"]
    variables = {"after": BEGINNING, "kinds": kinds}
    async with aclosing(coffer.follow(scene.platform, NOTIFICATIONS, **variables)) as stream:
        granted, bought = await told(stream), await told(stream)
    assert granted["mandate"]["limitPerDay"] == {"amount": "10000.00"}
    assert bought["transaction"] == {"amount": {"amount": "-2.00"}, "balanceAfter": None}
    assert (await coffer.ask(other, FEED_QUERY, kinds=kinds))["feed"]["edges"] == []


async def test_a_low_pool_alarms_operators_and_its_centre(coffer: Coffer) -> None:
    await set_parameter(coffer.house, ParameterName.PRIZE_POOL_THRESHOLD_MINOR, 9_00)
    scene = await a_scene(coffer.house, pool_minor=10_00)
    operator = await an_operator(coffer.house)
    async with (
        aclosing(coffer.follow(operator, ALERTS)) as one,
        aclosing(coffer.follow(scene.centre, ALERTS)) as another,
    ):
        waiting = [await listening(coffer, one), await listening(coffer, another)]
        await a_prize(coffer, scene, 2_00)
        for event in await asyncio.gather(*waiting):
            assert event["name"] == "PRIZE_POOL_THRESHOLD_MINOR"
            assert event["balance"] == {"amount": "8.00"}
            assert event["threshold"] == {"amount": "9.00"}
            assert event["partner"] == {"id": gid(NodeKind.PARTNER, scene.centre_id)}


@pytest.mark.parametrize("loses", ["the role", "everything"])
async def test_whoever_loses_their_role_is_told_no_more(coffer: Coffer, loses: str) -> None:
    house = coffer.house
    await set_parameter(house, ParameterName.PRIZE_POOL_THRESHOLD_MINOR, 9_00)
    scene = await a_scene(house, pool_minor=10_00)
    operator = await an_operator(house)
    async with aclosing(coffer.follow(operator, ALERTS)) as stream:
        waiting = await listening(coffer, stream)
        if loses == "the role":
            await change_staff_roles(house, scene.operator, a_key(), id_of(operator), (), "Moves")
        else:
            await deactivate_staff(house, scene.operator, a_key(), id_of(operator), "Leaves")
        await a_prize(coffer, scene, 2_00)
        with pytest.raises(GraphQLError) as ended:
            await waiting
        assert ended.value.extensions == {"code": "FORBIDDEN"}


async def test_the_feed_pages_both_ways(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    await a_prize(coffer, scene, 1_00, 2_00)
    everything = (await coffer.ask(scene.player, FEED_QUERY))["feed"]
    kinds = [edge["node"]["kind"] for edge in everything["edges"]]
    assert kinds == [
        "MANDATE_GRANTED",
        "DRAW_OPENED",
        "PURCHASE",
        "DRAW_CLOSED",
        "DRAW_PUBLISHED",
        "PRIZE_PAID",
        "PRIZE_PAID",
    ]
    assert everything["gap"] is None
    for newest in (False, True):
        found: list[str] = []
        after = None
        while True:
            page = (
                await coffer.ask(scene.player, FEED_QUERY, first=3, after=after, newest=newest)
            )["feed"]
            found += [edge["node"]["kind"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert found == (kinds[::-1] if newest else kinds)


async def test_every_event_of_everybody_can_be_told(coffer: Coffer) -> None:
    """Each kind of event is asked for with everything that its type has."""
    house = coffer.house
    scene = await a_scene(house)
    bought = await scene.buys(house, serials=[None])
    purchase_id = gid(NodeKind.TRANSACTION, bought["transaction"]["id"])
    ticket_id = gid(NodeKind.TICKET, bought["tickets"][0]["id"])
    await coffer.do(
        scene.platform,
        "confirmTickets",
        purchaseId=purchase_id,
        tickets=[{"ticketId": ticket_id, "serial": "late"}],
    )
    await coffer.do(scene.platform, "refundPurchase", purchaseId=purchase_id, reason="sorry")
    platform_id = gid(NodeKind.PARTNER, scene.platform_id)
    await coffer.do(scene.operator, "suspendPartner", partnerId=platform_id)
    await coffer.do(scene.operator, "resumePartner", partnerId=platform_id)
    amount = {"amount": "1", "currency": "CNY"}
    await coffer.do(scene.centre, "fundPrizePool", amount=amount)
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    await coffer.do(scene.player, "deposit", accountId=account_id, amount=amount)
    await coffer.do(scene.player, "revokeMandate", accountId=account_id, partnerId=platform_id)
    player = await a_customer(coffer.house)
    await coffer.do(player, "openAccount", **OPENING)
    for name in ("freezeAccount", "unfreezeAccount"):
        await coffer.do(scene.operator, name, accountId=account_id)
    seen: set[str] = set()
    for actor in (scene.player, player, scene.platform, scene.centre, scene.operator):
        page = await coffer.ask(actor, FEED_QUERY, first=100)
        seen |= {edge["node"]["kind"] for edge in page["feed"]["edges"]}
    assert {event.kind for event in await FeedEvent.all()} == seen
    assert len(seen) == 13


async def test_a_gap_is_told_before_what_follows(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    await a_prize(coffer, scene, 1_00, 2_00)
    first = await FeedEvent.filter(kind="PRIZE_PAID").order_by("id").first()
    assert first is not None
    await FeedFloor.filter(id=1).update(position=first.id)
    await FeedEvent.filter(id__lte=first.id).delete()
    async with aclosing(coffer.follow(scene.player, PRIZES, after=BEGINNING)) as stream:
        gap, event = await told(stream), await told(stream)
    assert gap == {"__typename": "FeedGap", "gapEnd": cursor_of(FEED, first.id)}
    assert event["amount"] == {"amount": "2.00"}
    page = await coffer.ask(scene.player, FEED_QUERY, after=BEGINNING, kinds=["PRIZE_PAID"])
    assert page["feed"]["gap"] == {"cursor": cursor_of(FEED, first.id)}
    assert len(page["feed"]["edges"]) == 1


async def test_a_slow_reader_is_sent_back_with_a_code(sqlite_url: str) -> None:
    async with coffer_on(sqlite_url, capacity=2) as coffer:
        scene = await a_scene(coffer.house)
        async with aclosing(coffer.follow(scene.player, PRIZES)) as stream:
            waiting = await listening(coffer, stream)
            serials = await scene.wins(coffer.house, *[1_00] * 8)
            await asyncio.gather(
                *(
                    claim_prize(
                        coffer.house,
                        scene.player,
                        ClaimPrize(a_key(), scene.account_id, scene.draw_id, serial),
                    )
                    for serial in serials
                )
            )
            with pytest.raises(GraphQLError, match="too slowly") as caught:
                await _to_the_end(waiting, stream)
        assert (caught.value.extensions or {})["code"] == "OVERFLOW"


async def _to_the_end(waiting: asyncio.Task[dict[str, Any]], stream: Stream) -> None:
    await waiting
    async with asyncio.timeout(10):
        async for _ in stream:
            pass


async def refusal(coffer: Coffer, actor: Actor, query: str, **variables: object) -> dict[str, Any]:
    """Return the error with which a subscription does not even begin."""
    async with aclosing(coffer.follow(actor, query, **variables)) as stream:
        with pytest.raises(Refused) as caught:
            await anext(stream)
    (error,) = caught.value.errors
    return dict(error["extensions"])


async def test_a_subscription_is_for_its_kind_of_actor(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    everybody = {
        "player": scene.player,
        "platform": scene.platform,
        "centre": scene.centre,
        "operator": scene.operator,
    }
    table: list[tuple[str, dict[str, object], set[str]]] = [
        (PRIZES, {}, {"player"}),
        (ACTIVITY, {"id": account_id}, {"player"}),
        (ALERTS, {}, {"centre", "operator"}),
        (NOTIFICATIONS, {}, set(everybody)),
    ]
    for query, variables, allowed in table:
        assert (await refusal(coffer, NOBODY, query, **variables))["code"] == "UNAUTHENTICATED"
        for name in set(everybody) - allowed:
            told_no = await refusal(coffer, everybody[name], query, **variables)
            assert told_no["code"] == "FORBIDDEN", (name, query)


async def test_another_players_account_is_not_there(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    stranger = await a_customer(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    error = await refusal(coffer, stranger, ACTIVITY, id=account_id)
    assert (error["code"], error["field"]) == ("NOT_FOUND", "accountId")
    asked = await coffer.fail(stranger, FEED_QUERY, account=account_id)
    assert asked["code"] == "NOT_FOUND"


@pytest.mark.parametrize("cursor", ["", "x", cursor_of("draw", 1), cursor_of(FEED, -1)])
async def test_a_bad_cursor_opens_no_stream(coffer: Coffer, cursor: str) -> None:
    player = await a_customer(coffer.house)
    error = await refusal(coffer, player, NOTIFICATIONS, after=cursor)
    assert (error["code"], error["field"], error["rule"]) == (
        "BAD_USER_INPUT",
        "after",
        "BAD_CURSOR",
    )
