"""What one may not see looks exactly like what does not exist, on every way to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from graphql_schema.relay import NodeKind
from models import ApiKey, AuditEntry, Deposit, PayoutRun, SuspenseItem, Ticket
from models.kinds import LimitKind, Permission
from models.staff import ADMINISTRATOR_ROLE_ID
from services.accounts.exclude_myself import ExcludeMyself, exclude_myself
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.accounts.set_self_limit import SetLimit, set_self_limit
from services.actors import NOBODY, Actor
from services.bank import BankNews, BankState
from services.banking.conclude import hear
from services.lottery.close_draw import close_draw
from services.lottery.pay_draw import pay_draw
from services.lottery.upload_winning_tickets import UploadWinningTickets, upload_winning_tickets
from tests.factories import (
    CNY,
    Scene,
    a_card,
    a_centre,
    a_customer,
    a_key,
    a_platform,
    a_scene,
    a_session,
    a_supervisor,
    an_account,
    an_idle_operator,
    an_operator,
    id_of,
    stepped_up,
)
from tests.resolvers.asking import Coffer, cny, coffer_on, gid
from tests.webhooks.helpers import a_dead_letter, a_webhook


@pytest.fixture
async def coffer(database_url: str) -> AsyncIterator[Coffer]:
    """The schema before a fresh house, on each database: these reads are queries of our own."""
    async with coffer_on(database_url) as coffer:
        yield coffer


NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


@dataclass(frozen=True, slots=True)
class World:
    """A scene with one of everything in it, and strangers to it."""

    scene: Scene
    supervisor: Actor
    ids: dict[NodeKind, str]
    strangers: dict[str, Actor]

    @property
    def actors(self) -> dict[str, Actor]:
        """Everybody, by the name that the table uses."""
        return {
            "player": self.scene.player,
            "platform": self.scene.platform,
            "centre": self.scene.centre,
            "operator": self.scene.operator,
            "supervisor": self.supervisor,
            **self.strangers,
        }


async def a_world(coffer: Coffer) -> World:
    house = coffer.house
    scene = await a_scene(house)
    deposited = await coffer.do(
        scene.player,
        "deposit",
        "deposit { id }",
        accountId=gid(NodeKind.ACCOUNT, scene.account_id),
        amount=cny("1"),
    )
    card_id = await a_card(house, scene.player)
    withdrawal = await request_withdrawal(
        house,
        stepped_up(scene.player, house),
        WithdrawalOrder(a_key(), scene.account_id, card_id, 1_00, CNY),
    )
    await hear(house, BankNews("L1", BankState.SETTLED, 5_00, CNY))
    item = await SuspenseItem.get(reference="L1")
    await scene.wins(house, 5_00)
    run = await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    audited = await AuditEntry.filter(action="payDraw").get()
    ticket = await Ticket.get(draw_id=scene.draw_id)
    api_key = await ApiKey.get(partner_id=scene.platform_id)
    webhook_id = await a_webhook(house, scene.platform)
    letter = await a_dead_letter(house, webhook_id)
    shown = await coffer.ask(
        scene.player,
        """query ($id: ID!) { account(id: $id) {
            mandates { edges { node { id } } } payouts { edges { node { id } } } } }""",
        id=gid(NodeKind.ACCOUNT, scene.account_id),
    )
    stranger = await a_customer(house)
    await an_account(house, stranger, 5_00)
    other_platform = await a_platform(house)
    ids = {
        NodeKind.ACCOUNT: gid(NodeKind.ACCOUNT, scene.account_id),
        NodeKind.API_KEY: gid(NodeKind.API_KEY, api_key.id),
        NodeKind.AUDIT_ENTRY: gid(NodeKind.AUDIT_ENTRY, audited.id),
        NodeKind.BANK_CARD: gid(NodeKind.BANK_CARD, card_id),
        NodeKind.CUSTOMER: gid(NodeKind.CUSTOMER, id_of(scene.player)),
        NodeKind.DEAD_LETTER: gid(NodeKind.DEAD_LETTER, letter.id),
        NodeKind.DEPOSIT: deposited["deposit"]["id"],
        NodeKind.DRAW: gid(NodeKind.DRAW, scene.draw_id),
        NodeKind.MANDATE: shown["account"]["mandates"]["edges"][0]["node"]["id"],
        NodeKind.PARTNER: gid(NodeKind.PARTNER, scene.centre_id),
        NodeKind.PAYOUT_RUN: gid(NodeKind.PAYOUT_RUN, run.body["payout_run"]["id"]),
        NodeKind.SESSION: gid(NodeKind.SESSION, await a_session(house, scene.player)),
        NodeKind.ROLE: gid(NodeKind.ROLE, ADMINISTRATOR_ROLE_ID),
        NodeKind.STAFF_MEMBER: gid(NodeKind.STAFF_MEMBER, id_of(scene.operator)),
        NodeKind.SUSPENSE_ITEM: gid(NodeKind.SUSPENSE_ITEM, item.id),
        NodeKind.TICKET: gid(NodeKind.TICKET, ticket.id),
        NodeKind.TRANSACTION: gid(NodeKind.TRANSACTION, ticket.purchase_id),
        NodeKind.WEBHOOK: gid(NodeKind.WEBHOOK, webhook_id),
        NodeKind.WINNING_TICKET: shown["account"]["payouts"]["edges"][0]["node"]["id"],
        NodeKind.WITHDRAWAL: gid(NodeKind.WITHDRAWAL, withdrawal.body["withdrawal"]["id"]),
    }
    strangers = {
        "another player": stranger,
        "another platform": other_platform,
        "another centre": await a_centre(house),
        "operator without a role": await an_idle_operator(house),
    }
    return World(scene, await a_supervisor(house), ids, strangers)


EVERYBODY = {
    "player",
    "platform",
    "centre",
    "operator",
    "supervisor",
    "another player",
    "another platform",
    "another centre",
    "operator without a role",
}

SEES: dict[NodeKind, set[str]] = {
    NodeKind.ACCOUNT: {"player", "operator", "supervisor"},
    NodeKind.API_KEY: {"platform", "operator"},
    NodeKind.AUDIT_ENTRY: {"operator", "supervisor"},
    NodeKind.BANK_CARD: {"player", "operator", "supervisor"},
    NodeKind.CUSTOMER: {"player", "operator", "supervisor"},
    NodeKind.DEAD_LETTER: {"platform", "operator"},
    NodeKind.DEPOSIT: {"player", "operator", "supervisor"},
    NodeKind.DRAW: EVERYBODY,
    NodeKind.MANDATE: {"player", "platform", "operator", "supervisor"},
    NodeKind.PARTNER: EVERYBODY,
    NodeKind.PAYOUT_RUN: {"centre", "operator", "supervisor"},
    NodeKind.SESSION: {"player"},
    NodeKind.ROLE: {"operator", "supervisor", "operator without a role"},
    NodeKind.STAFF_MEMBER: {"operator", "supervisor"},
    NodeKind.SUSPENSE_ITEM: {"operator", "supervisor"},
    NodeKind.TICKET: {"player", "platform", "centre", "operator", "supervisor"},
    NodeKind.TRANSACTION: {"player", "platform", "operator", "supervisor"},
    NodeKind.WEBHOOK: {"platform", "operator"},
    NodeKind.WINNING_TICKET: {"player", "centre", "operator", "supervisor"},
    NodeKind.WITHDRAWAL: {"player", "operator", "supervisor"},
}
"""Who sees what; read by people."""


@pytest.mark.parametrize("kind", NodeKind)
async def test_a_node_is_there_for_whom_it_concerns_and_for_nobody_else(
    coffer: Coffer, kind: NodeKind
) -> None:
    world = await a_world(coffer)
    missing = gid(kind, uuid4())
    for name, actor in world.actors.items():
        answer = await coffer.answer(actor, NODE, id=world.ids[kind])
        if name in SEES[kind]:
            assert answer["data"]["node"] == {"__typename": kind, "id": world.ids[kind]}, name
        else:
            assert answer == await coffer.answer(actor, NODE, id=missing), name
            assert answer["data"] == {"node": None}, name
    assert (await coffer.fail(NOBODY, NODE, id=world.ids[kind]))["code"] == "UNAUTHENTICATED"


PUBLIC_TO_THE_HOUSE = {NodeKind.DRAW, NodeKind.PARTNER, NodeKind.ROLE}
ABOUT_CUSTOMERS = {
    NodeKind.ACCOUNT,
    NodeKind.BANK_CARD,
    NodeKind.CUSTOMER,
    NodeKind.DEPOSIT,
    NodeKind.MANDATE,
    NodeKind.TICKET,
    NodeKind.TRANSACTION,
    NodeKind.WINNING_TICKET,
    NodeKind.WITHDRAWAL,
}

SHOWS: dict[Permission, set[NodeKind]] = {
    Permission.SEE_CUSTOMERS: ABOUT_CUSTOMERS,
    Permission.SEE_LEDGER: {NodeKind.PAYOUT_RUN, NodeKind.SUSPENSE_ITEM},
    Permission.SEE_AUDIT: {NodeKind.AUDIT_ENTRY, NodeKind.STAFF_MEMBER},
    Permission.PAY_PRIZES: {NodeKind.PAYOUT_RUN},
    Permission.MANAGE_PARTNERS: {NodeKind.API_KEY, NodeKind.DEAD_LETTER, NodeKind.WEBHOOK},
    Permission.MANAGE_STAFF: {NodeKind.STAFF_MEMBER},
    Permission.ATTRIBUTE_SUSPENSE: {NodeKind.SUSPENSE_ITEM},
}
"""What a permission shows an operator who has no other; the rest show nothing. Read by people."""


@pytest.mark.parametrize("permission", Permission)
async def test_a_permission_shows_what_it_must_and_nothing_else(
    coffer: Coffer, permission: Permission
) -> None:
    world = await a_world(coffer)
    operator = await an_operator(coffer.house, permission)
    seen = {
        kind
        for kind, node_id in world.ids.items()
        if (await coffer.ask(operator, NODE, id=node_id))["node"] is not None
    }
    assert seen == SHOWS.get(permission, set()) | PUBLIC_TO_THE_HOUSE


@pytest.mark.parametrize(
    ("permission", "of_the_account", "of_the_pool"),
    [
        (Permission.SEE_CUSTOMERS, True, False),
        (Permission.SEE_LEDGER, True, True),
        (Permission.MANAGE_PARTNERS, False, False),
    ],
)
async def test_whose_balances_a_permission_shows(
    coffer: Coffer, permission: Permission, *, of_the_account: bool, of_the_pool: bool
) -> None:
    world = await a_world(coffer)
    operator = await an_operator(coffer.house, permission)
    statement = "query ($id: ID!) { statement(id: $id) { edges { cursor } } }"
    pool = "query ($id: ID!) { node(id: $id) { ... on Partner { balance { amount } } } }"
    account_id, centre_id = world.ids[NodeKind.ACCOUNT], world.ids[NodeKind.PARTNER]
    lines = (await coffer.ask(operator, statement, id=account_id))["statement"]
    assert (lines is not None) == of_the_account
    lines = (await coffer.ask(operator, statement, id=centre_id))["statement"]
    assert (lines is not None) == of_the_pool
    found = await coffer.ask(operator, pool, id=centre_id)
    assert (found["node"]["balance"] is not None) == of_the_pool


async def test_a_member_of_the_staff_sees_themselves(coffer: Coffer) -> None:
    idle = await an_idle_operator(coffer.house)
    query = """{ viewer { ... on StaffMember {
        id staffKind standing permissions roles { name } } } }"""
    assert (await coffer.ask(idle, query))["viewer"] == {
        "id": gid(NodeKind.STAFF_MEMBER, id_of(idle)),
        "staffKind": "OPERATOR",
        "standing": "ACTIVE",
        "permissions": [],
        "roles": [],
    }
    supervisor = await a_supervisor(coffer.house)
    viewer = (await coffer.ask(supervisor, query))["viewer"]
    assert (viewer["staffKind"], viewer["roles"]) == ("SUPERVISOR", [])
    assert viewer["permissions"] == ["SEE_AUDIT", "SEE_CUSTOMERS", "SEE_LEDGER"]
    operator = await an_operator(coffer.house)
    viewer = (await coffer.ask(operator, query))["viewer"]
    assert viewer["roles"] == [{"name": "Administrator"}]
    assert viewer["permissions"] == sorted(Permission)


async def test_another_customers_account_is_not_there(coffer: Coffer) -> None:
    world = await a_world(coffer)
    query = "query ($id: ID!) { account(id: $id) { number balance { amount } } }"
    for name in ("another player", "platform", "centre"):
        answer = await coffer.answer(world.actors[name], query, id=world.ids[NodeKind.ACCOUNT])
        assert answer["data"] == {"account": None}
        assert "errors" not in answer


async def test_a_platform_sees_its_purchase_and_not_the_player(coffer: Coffer) -> None:
    world = await a_world(coffer)
    data = await coffer.ask(
        world.scene.platform,
        """query ($id: ID!) { node(id: $id) { ... on Transaction {
            accountId account { number } balanceAfter { amount }
            tickets { serial winning { serial } purchase { account { id } } }
            partner { balance { amount } } } } }""",
        id=world.ids[NodeKind.TRANSACTION],
    )
    found = data["node"]
    assert found["accountId"] == world.ids[NodeKind.ACCOUNT]
    assert found["account"] is None
    assert found["balanceAfter"] is None
    assert found["tickets"][0]["winning"] is None
    assert found["tickets"][0]["purchase"] == {"account": None}
    assert found["partner"] == {"balance": {"amount": "0.01"}}


async def test_a_player_sees_a_partner_and_not_its_balance(coffer: Coffer) -> None:
    world = await a_world(coffer)
    query = "query ($id: ID!) { node(id: $id) { ... on Partner { name balance { amount } } } }"
    shown = {
        name: (await coffer.ask(actor, query, id=world.ids[NodeKind.PARTNER]))["node"]["balance"]
        for name, actor in world.actors.items()
    }
    seen = {name for name, balance in shown.items() if balance}
    assert seen == {"centre", "operator", "supervisor"}


async def test_a_mandate_shows_the_platform_no_account(coffer: Coffer) -> None:
    world = await a_world(coffer)
    data = await coffer.ask(
        world.scene.platform,
        """query ($id: ID!) { node(id: $id) { ... on Mandate {
            accountId account { number } limitPerDay { amount } usedToday { amount } } } }""",
        id=world.ids[NodeKind.MANDATE],
    )
    assert data["node"] == {
        "accountId": world.ids[NodeKind.ACCOUNT],
        "account": None,
        "limitPerDay": {"amount": "10000.00"},
        "usedToday": {"amount": "0.01"},
    }


async def test_who_may_block_an_account_does_not_see_into_it(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    limit = SetLimit(a_key(), scene.account_id, LimitKind.PURCHASES_PER_DAY, 50_00, CNY)
    await set_self_limit(house, scene.player, limit)
    until = house.clock() + timedelta(days=40)
    await exclude_myself(house, scene.player, ExcludeMyself(a_key(), until))
    wanted = """account { number selfLimits { used { amount } } excludedUntil
        balance { amount } transactions { edges { cursor } } profile { phone } }"""
    blocker = await an_operator(house, Permission.BLOCK_ACCOUNTS)
    told = await coffer.do(blocker, "freezeAccount", wanted, accountId=account_id)
    assert told["account"].pop("number")
    assert told["account"] == {
        "selfLimits": [],
        "excludedUntil": None,
        "balance": None,
        "transactions": {"edges": []},
        "profile": None,
    }
    told = await coffer.do(scene.player, "freezeAccount", wanted, accountId=account_id)
    assert len(told["account"]["selfLimits"]) == 1
    assert told["account"]["excludedUntil"] is not None


async def test_a_draw_shows_everybody_their_own_winners(coffer: Coffer) -> None:
    world = await a_world(coffer)
    query = """query ($id: ID!) { draw(id: $id) { winningTickets {
        edges { node { account { id } ticket { id } payout { id } } } } } }"""
    shown = {
        name: len(
            (await coffer.ask(actor, query, id=world.ids[NodeKind.DRAW]))["draw"]["winningTickets"][
                "edges"
            ]
        )
        for name, actor in world.actors.items()
    }
    assert {name for name, count in shown.items() if count} == {
        "player",
        "centre",
        "operator",
        "supervisor",
    }


async def test_winners_are_a_secret_until_they_are_published(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    bought = await scene.buys(house)
    await close_draw(house, scene.centre, a_key(), scene.draw_id)
    prizes = ((bought["tickets"][0]["serial"], 5_00),)
    upload = UploadWinningTickets(a_key(), scene.draw_id, prizes, publish=False)
    await upload_winning_tickets(house, scene.centre, upload)
    query = """query ($account: ID!, $draw: ID!, $ticket: ID!) {
        account(id: $account) { payouts { edges { cursor } } }
        draw(id: $draw) { winningTickets { edges { cursor } } }
        node(id: $ticket) { ... on Ticket { winning { serial } } } }"""
    ids = {
        "account": gid(NodeKind.ACCOUNT, scene.account_id),
        "draw": gid(NodeKind.DRAW, scene.draw_id),
        "ticket": gid(NodeKind.TICKET, bought["tickets"][0]["id"]),
    }
    assert await coffer.ask(scene.player, query, **ids) == {
        "account": {"payouts": {"edges": []}},
        "draw": {"winningTickets": {"edges": []}},
        "node": {"winning": None},
    }
    seen = await coffer.ask(scene.centre, query, **ids)
    assert len(seen["draw"]["winningTickets"]["edges"]) == 1


async def test_a_payout_run_is_for_its_centre_and_for_operators(coffer: Coffer) -> None:
    world = await a_world(coffer)
    query = "query ($id: ID!) { payoutRun(id: $id) { state total draw { id } } }"
    run_id = world.ids[NodeKind.PAYOUT_RUN]
    for name in ("centre", "operator", "supervisor"):
        data = await coffer.ask(world.actors[name], query, id=run_id)
        assert data["payoutRun"]["total"] == 1
    assert await coffer.ask(world.actors["another centre"], query, id=run_id) == {"payoutRun": None}
    for name in ("player", "platform", "operator without a role"):
        assert (await coffer.fail(world.actors[name], query, id=run_id))["code"] == "FORBIDDEN"


async def test_another_platforms_reference_finds_nothing(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    await scene.buys(house, reference="A-1")
    query = '{ purchaseByReference(reference: "A-1") { id } }'
    assert (await coffer.ask(scene.platform, query))["purchaseByReference"] is not None
    assert await coffer.ask(await a_platform(house), query) == {"purchaseByReference": None}


OPERATORS = [
    "{ parameters { name } }",
    "{ ledgerCheck { isSound } }",
    "{ ledgerPosition { currency } }",
    "{ staff { edges { cursor } } }",
    "{ roles { edges { cursor } } }",
    "{ auditLog { edges { cursor } } }",
    "{ suspense { edges { cursor } } }",
]


@pytest.mark.parametrize("query", [*OPERATORS, "{ prizePool { balance { amount } } }"])
async def test_what_a_kind_of_actor_may_never_ask(coffer: Coffer, query: str) -> None:
    house = coffer.house
    allowed = {"operator", "supervisor"} if query in OPERATORS else {"centre"}
    actors = {
        "player": await a_customer(house),
        "platform": await a_platform(house),
        "centre": await a_centre(house),
        "operator": await an_operator(house),
        "operator without a role": await an_idle_operator(house),
        "supervisor": await a_supervisor(house),
    }
    for name, actor in actors.items():
        if name in allowed:
            assert all((await coffer.ask(actor, query)).values())
        else:
            assert (await coffer.fail(actor, query))["code"] == "FORBIDDEN"
    assert (await coffer.fail(NOBODY, query))["code"] == "UNAUTHENTICATED"


async def test_what_one_sees_is_not_remembered_for_another(coffer: Coffer) -> None:
    world = await a_world(coffer)
    query = NODE
    assert (await coffer.ask(world.scene.player, query, id=world.ids[NodeKind.ACCOUNT]))["node"]
    stranger = world.strangers["another player"]
    assert await coffer.ask(stranger, query, id=world.ids[NodeKind.ACCOUNT]) == {"node": None}
    assert isinstance(stranger.id, UUID)
    assert await Deposit.all().count() == 1
    assert await PayoutRun.all().count() == 1
