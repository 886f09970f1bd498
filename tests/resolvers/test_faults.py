"""Top-level errors: who may not, what is malformed, and what could not be settled now."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from graphql_schema.relay import NodeKind, cursor_of
from resolvers.schema import schema
from services.actors import NOBODY, Actor
from services.ledger.desk import DeskClosed, DeskFull, DeskUnavailable
from tests.factories import (
    a_centre,
    a_customer,
    a_key,
    a_platform,
    a_supervisor,
    an_account,
    an_idle_operator,
    an_operator,
    dump,
)
from tests.resolvers.asking import OPENING, Coffer, cny, gid

ROW = "0192a1b2-0000-7000-8000-000000000001"
ACCOUNT, DRAW = gid(NodeKind.ACCOUNT, ROW), gid(NodeKind.DRAW, ROW)
PARTNER, PURCHASE = gid(NodeKind.PARTNER, ROW), gid(NodeKind.TRANSACTION, ROW)
TICKET = gid(NodeKind.TICKET, ROW)
KEY = gid(NodeKind.API_KEY, ROW)
CARD, ITEM = gid(NodeKind.BANK_CARD, ROW), gid(NodeKind.SUSPENSE_ITEM, ROW)
WEBHOOK = gid(NodeKind.WEBHOOK, ROW)
ROLE, MEMBER = gid(NodeKind.ROLE, ROW), gid(NodeKind.STAFF_MEMBER, ROW)
SESSION = gid(NodeKind.SESSION, ROW)
BUY = {
    "accountId": ACCOUNT,
    "reference": "r",
    "amount": cny("1"),
    "tickets": [{"drawId": DRAW, "numbers": "1", "stake": cny("1")}],
}
WHY = {"reason": "because"}
AFTER = cursor_of("feed", 0)
WIN = {"accountId": ACCOUNT, "drawId": DRAW, "serial": "s"}

MUTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "openAccount": ("player", OPENING),
    "deposit": ("player", {"accountId": ACCOUNT, "amount": cny("1")}),
    "setSelfLimit": (
        "player",
        {"accountId": ACCOUNT, "kind": "DEPOSITS_PER_DAY", "amount": cny("1")},
    ),
    "excludeMyself": ("player", {"until": "2030-01-01T00:00:00Z"}),
    "bindCard": ("player", {"number": "6222020000000000", "holderName": "n"}),
    "unbindCard": ("player", {"cardId": CARD}),
    "requestWithdrawal": (
        "player",
        {"accountId": ACCOUNT, "cardId": CARD, "amount": cny("1")},
    ),
    "attributeSuspense": ("operator", {"suspenseItemId": ITEM, "accountId": ACCOUNT, **WHY}),
    "sendBackSuspense": ("operator", {"suspenseItemId": ITEM, **WHY}),
    "grantMandate": (
        "player",
        {
            "accountId": ACCOUNT,
            "partnerId": PARTNER,
            "limitPerPurchase": cny("1"),
            "limitPerDay": cny("1"),
            "expiresAt": "2030-01-01T00:00:00Z",
        },
    ),
    "revokeMandate": ("player", {"accountId": ACCOUNT, "partnerId": PARTNER}),
    "claimPrize": ("player", WIN),
    "purchase": ("platform", BUY),
    "requestEmailVerification": ("player", {}),
    "verifyEmail": ("player", {"code": "12345678"}),
    "setPaymentPin": ("player", {"password": "x", "pin": "935182"}),
    "changePaymentPin": ("player", {"currentPin": "935182", "newPin": "706143"}),
    "requestPaymentPinReset": ("player", {}),
    "resetPaymentPin": ("player", {"code": "12345678", "password": "x", "newPin": "706143"}),
    "stepUp": ("player", {"pin": "935182"}),
    "purchases": ("platform", {"purchases": [{**BUY, "idempotencyKey": "k"}]}),
    "confirmTickets": (
        "platform",
        {"purchaseId": PURCHASE, "tickets": [{"ticketId": TICKET, "serial": "s"}]},
    ),
    "refundPurchase": ("platform", {"purchaseId": PURCHASE, "reason": "r"}),
    "fundPrizePool": ("centre", {"amount": cny("1")}),
    "openDraw": (
        "centre",
        {"game": "g", "code": "c", "currency": "CNY", "salesCloseAt": "2030-01-01T00:00:00Z"},
    ),
    "closeDraw": ("centre", {"drawId": DRAW}),
    "uploadWinningTickets": ("centre", {"drawId": DRAW, "tickets": []}),
    "payout": ("operator", {**WIN, "amount": cny("1")}),
    "payDraw": ("operator", {"drawId": DRAW}),
    "freezeAccount": ("player, operator", {"accountId": ACCOUNT}),
    "unfreezeAccount": ("player, operator", {"accountId": ACCOUNT}),
    "reportLost": ("player, operator", {"accountId": ACCOUNT}),
    "liftLostReport": ("player, operator", {"accountId": ACCOUNT, **WHY}),
    "closeAccount": ("player", {"accountId": ACCOUNT}),
    "revealProfile": ("operator", {"accountId": ACCOUNT, **WHY}),
    "suspendPartner": ("operator", {"partnerId": PARTNER}),
    "resumePartner": ("operator", {"partnerId": PARTNER}),
    "createApiKey": (
        "platform, centre, operator",
        {"name": "n", "scopes": ["READ"], "partnerId": PARTNER},
    ),
    "rotateApiKey": ("platform, centre, operator", {"apiKeyId": KEY}),
    "revokeApiKey": ("platform, centre, operator", {"apiKeyId": KEY}),
    "createWebhook": ("platform, centre", {"url": "https://example.com/"}),
    "updateWebhook": ("platform, centre", {"webhookId": WEBHOOK}),
    "deleteWebhook": ("platform, centre", {"webhookId": WEBHOOK}),
    "pauseWebhook": ("platform, centre, operator", {"webhookId": WEBHOOK}),
    "resumeWebhook": ("platform, centre, operator", {"webhookId": WEBHOOK}),
    "rotateWebhookSecret": ("platform, centre", {"webhookId": WEBHOOK}),
    "sendTestEvent": ("platform, centre", {"webhookId": WEBHOOK}),
    "replayWebhook": ("platform, centre", {"webhookId": WEBHOOK, "after": AFTER}),
    "setParameter": ("operator", {"name": "PRIZE_CLAIM_DAYS", "value": "3"}),
    "createRole": (
        "operator",
        {"name": "r", "description": "d", "permissions": ["SEE_LEDGER"], **WHY},
    ),
    "updateRole": ("operator", {"roleId": ROLE, "name": "r", **WHY}),
    "removeRole": ("operator", {"roleId": ROLE, **WHY}),
    "inviteStaff": (
        "operator",
        {"kind": "OPERATOR", "name": "n", "email": "n@example.com", "roleIds": [], **WHY},
    ),
    "renewInvitation": ("operator", {"memberId": MEMBER, **WHY}),
    "changeStaffRoles": ("operator", {"memberId": MEMBER, "roleIds": [], **WHY}),
    "deactivateStaff": ("operator", {"memberId": MEMBER, **WHY}),
    "reactivateStaff": ("operator", {"memberId": MEMBER, **WHY}),
}
"""Who may do what; read by people."""

FOR_ALL = {
    "signUp",
    "signIn",
    "signOut",
    "acceptInvitation",
    "refreshSession",
    "requestPasswordReset",
    "resetPassword",
}

FOR_PEOPLE: dict[str, dict[str, Any]] = {
    "signOutEverywhere": {},
    "endSession": {"sessionId": SESSION},
    "changePassword": {"currentPassword": "x", "newPassword": "correct horse battery"},
}
"""What whoever signs in with a password may do with that, and nobody else."""


async def actors_of(coffer: Coffer) -> dict[str, Actor]:
    return {
        "player": await a_customer(coffer.house),
        "platform": await a_platform(coffer.house),
        "centre": await a_centre(coffer.house),
        "operator": await an_operator(coffer.house),
        "operator without a role": await an_idle_operator(coffer.house),
        "supervisor": await a_supervisor(coffer.house),
    }


def test_the_table_names_every_mutation() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(MUTATIONS) | FOR_ALL | set(FOR_PEOPLE) == set(mutations.fields)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_is_for_its_kind_of_actor(coffer: Coffer, mutation: str) -> None:
    allowed, given = MUTATIONS[mutation]
    actors = await actors_of(coffer)
    before = await dump()
    error = await coffer.fail_to(NOBODY, mutation, **given)
    assert error["code"] == "UNAUTHENTICATED"
    for name, actor in actors.items():
        if name not in allowed.split(", "):
            assert (await coffer.fail_to(actor, mutation, **given))["code"] == "FORBIDDEN", name
    assert await dump() == before
    for name in allowed.split(", "):
        answer = await coffer.do(actors[name], mutation, **given)
        assert answer["__typename"]


@pytest.mark.parametrize("mutation", FOR_PEOPLE)
async def test_what_people_do_with_their_own_access(coffer: Coffer, mutation: str) -> None:
    given = FOR_PEOPLE[mutation]
    assert (await coffer.fail_to(NOBODY, mutation, **given))["code"] == "UNAUTHENTICATED"
    for name, actor in (await actors_of(coffer)).items():
        if name in {"platform", "centre"}:
            assert (await coffer.fail_to(actor, mutation, **given))["code"] == "FORBIDDEN", name
        else:
            assert (await coffer.do(actor, mutation, **given))["__typename"]


async def test_only_a_customer_signs_out(coffer: Coffer) -> None:
    query = "mutation { signOut { __typename } }"
    assert (await coffer.fail(NOBODY, query))["code"] == "UNAUTHENTICATED"
    platform = await a_platform(coffer.house)
    assert (await coffer.fail(platform, query))["code"] == "FORBIDDEN"


@pytest.mark.parametrize("error", [DeskFull, DeskClosed, DeskUnavailable])
async def test_what_cannot_be_settled_now_may_be_asked_again(
    coffer: Coffer, monkeypatch: pytest.MonkeyPatch, error: type[DeskUnavailable]
) -> None:
    async def busy(*_: object) -> None:
        raise error

    platform = await a_platform(coffer.house)
    for method in ("submit", "submit_all"):
        monkeypatch.setattr(type(coffer.house.desk), method, busy)
    for mutation in ("purchase", "purchases"):
        told = await coffer.fail_to(platform, mutation, **MUTATIONS[mutation][1])
        assert told == {
            "code": "UNAVAILABLE",
            "message": "It could not be settled now; repeat it with the same idempotency key",
        }
    monkeypatch.undo()


async def test_a_silent_bank_is_asked_again_by_itself_and_with_the_same_key(
    coffer: Coffer,
) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    given: dict[str, Any] = {
        "idempotencyKey": a_key(),
        "accountId": gid(NodeKind.ACCOUNT, account_id),
        "amount": cny("5"),
    }
    coffer.house.bank.unavailable = True
    wanted = "deposit { state } transaction { id } available { amount }"
    first = await coffer.do(player, "deposit", wanted, **given)
    assert first["deposit"] == {"state": "REQUESTED"}
    assert (first["transaction"], first["available"]) == (None, None)
    coffer.house.bank.unavailable = False
    answer = await coffer.do(player, "deposit", wanted, **given)
    assert answer["deposit"] == {"state": "SETTLED"}
    assert answer["available"] == {"amount": "5.00"}


async def test_a_fault_of_ours_is_masked(coffer: Coffer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    platform = await a_platform(coffer.house)
    monkeypatch.setattr(type(coffer.house.desk), "submit", broken)
    told = await coffer.fail_to(platform, "purchase", **BUY)
    monkeypatch.undo()
    assert told["code"] == "INTERNAL_FAULT"
    assert "secret" not in str(told)


async def test_one_failing_field_does_not_hide_its_neighbour(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    answer = await coffer.answer(
        player,
        """mutation {
            bad: deposit(input: { idempotencyKey: "k", accountId: "x",
                amount: { amount: "1", currency: "CNY" } }) { __typename }
            good: openAccount(input: { idempotencyKey: "k", currency: "CNY",
                holderName: "Li", phone: "13800000000", identityKind: RESIDENT_ID,
                identityNumber: "110101199003071233" }) { __typename } }""",
    )
    assert answer["data"] == {"bad": None, "good": {"__typename": "OpenAccountSuccess"}}
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


async def test_a_mutation_forgets_what_was_read(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, await an_account(coffer.house, player))
    data = await coffer.ask(
        player,
        """mutation ($id: ID!) {
            a: deposit(input: { idempotencyKey: "a", accountId: $id,
                amount: { amount: "1", currency: "CNY" } }) { ...Balance }
            b: deposit(input: { idempotencyKey: "b", accountId: $id,
                amount: { amount: "2", currency: "CNY" } }) { ...Balance } }
        fragment Balance on DepositResult { ... on DepositSuccess {
            transaction { account { balance { amount } } } } }""",
        id=account_id,
    )
    shown = [data[name]["transaction"]["account"]["balance"]["amount"] for name in "ab"]
    assert shown == ["1.00", "3.00"]


def test_every_query_is_in_the_tables_of_who_sees_what() -> None:
    queries = schema._schema.query_type
    assert isinstance(queries, GraphQLObjectType)
    assert {get_named_type(field.type).name for field in queries.fields.values()} <= {
        "Account",
        "ApiKeyConnection",
        "AuditEntryConnection",
        "Draw",
        "DrawConnection",
        "FeedConnection",
        "LedgerCheck",
        "LedgerLineConnection",
        "LedgerPosition",
        "Node",
        "Session",
        "Parameter",
        "PartnerConnection",
        "PayoutRun",
        "PrizePool",
        "RoleConnection",
        "StaffMemberConnection",
        "SuspenseItemConnection",
        "Transaction",
        "Viewer",
        "WebhookConnection",
    }
