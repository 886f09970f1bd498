"""Refusals as data: each code has its type, its facts, and tells nobody another's balance."""

from typing import Any
from uuid import uuid4

import pytest

from graphql_schema.messages import UNKNOWN, Language
from graphql_schema.mutations.lottery import PAYOUT, PURCHASE
from graphql_schema.refusals import (
    PLAIN,
    AccountBlocked,
    AccountBusy,
    AccountExists,
    BankRefused,
    InsufficientFunds,
    LimitExceeded,
    MandateLimitExceeded,
    OrderReferenceUsed,
    PaidAlready,
    PlainRefusal,
    Refusal,
    RefusalSet,
    SelfExcluded,
    SelfLimitExceeded,
    Throttled,
    Told,
)
from graphql_schema.relay import NodeKind
from models.kinds import ApiKeyScope, WalletStatus
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused
from tests.factories import (
    Scene,
    a_centre,
    a_customer,
    a_key,
    a_scene,
    a_supervisor,
    an_account,
    block,
    id_of,
    limited,
    set_parameter,
)
from tests.resolvers.asking import OPENING, Coffer, cny, gid

EVERY: RefusalSet[Refusal] = RefusalSet(
    (
        PlainRefusal,
        InsufficientFunds,
        AccountBlocked,
        AccountBusy,
        AccountExists,
        BankRefused,
        LimitExceeded,
        MandateLimitExceeded,
        OrderReferenceUsed,
        PaidAlready,
        SelfExcluded,
        SelfLimitExceeded,
        Throttled,
    )
)

DETAILS: dict[RefusalCode, tuple[type[Refusal], dict[str, Any]]] = {
    RefusalCode.INSUFFICIENT_FUNDS: (InsufficientFunds, {"available_minor": 5}),
    RefusalCode.ACCOUNT_BLOCKED: (AccountBlocked, {"status": WalletStatus.FROZEN}),
    RefusalCode.ACCOUNT_BUSY: (AccountBusy, {"pending": ["HOLDS", "TICKETS"]}),
    RefusalCode.ACCOUNT_EXISTS: (AccountExists, {"account_id": str(uuid4())}),
    RefusalCode.BANK_REFUSED: (BankRefused, {"reason": "card expired"}),
    RefusalCode.MANDATE_LIMIT_EXCEEDED: (MandateLimitExceeded, {"allowed_minor": 5}),
    RefusalCode.ORDER_REFERENCE_USED: (OrderReferenceUsed, {"transaction": {"id": str(uuid4())}}),
    RefusalCode.SELF_EXCLUDED: (SelfExcluded, {"until": "2026-03-02T00:00:00+00:00"}),
    RefusalCode.SELF_LIMIT_EXCEEDED: (SelfLimitExceeded, {"allowed_minor": 5}),
    RefusalCode.PAID_ALREADY: (PaidAlready, {"transaction_id": str(uuid4())}),
    RefusalCode.WITHDRAWAL_LIMIT_EXCEEDED: (LimitExceeded, {"allowed_minor": 5}),
    RefusalCode.PIN_LOCKED: (Throttled, {"retry_after_s": 5}),
    RefusalCode.THROTTLED: (Throttled, {"retry_after_s": 5}),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", RefusalCode)
def test_every_code_becomes_data(code: RefusalCode, language: Language) -> None:
    kind, details = DETAILS.get(code, (PlainRefusal, {}))
    refused = Refused(code, "tickets", 3, "serial", replayed=True, **details)
    refusal = EVERY.of(refused, Told(language, "CNY"))
    assert type(refusal) is kind
    assert (refusal.code, refusal.path, refusal.replayed) == (
        code,
        ["tickets", "3", "serial"],
        True,
    )
    assert refusal.message
    assert "{" not in refusal.message
    assert UNKNOWN not in refusal.message


@pytest.mark.parametrize("code", RefusalCode)
def test_a_code_that_a_mutation_does_not_expect_is_still_data(code: RefusalCode) -> None:
    _, details = DETAILS.get(code, (PlainRefusal, {}))
    refusal = PLAIN.of(Refused(code, **details), Told("en", "CNY"))
    assert type(refusal) is PlainRefusal
    assert refusal.code is code


def test_a_pool_short_of_money_says_how_much_it_has_in_its_own_currency() -> None:
    refused = Refused(RefusalCode.INSUFFICIENT_FUNDS, available_minor=5, currency="JPY")
    refusal = PAYOUT.of(refused, Told("en", "CNY"))
    assert isinstance(refusal, InsufficientFunds)
    assert refusal.available is not None
    assert (refusal.available.minor, refusal.available.currency) == (5, "JPY")


def test_what_is_not_the_callers_to_know_is_not_told() -> None:
    refused = Refused(RefusalCode.INSUFFICIENT_FUNDS, available_minor=5, currency="CNY")
    refusal = PURCHASE.of(refused, Told("en", "CNY", shows_available=False))
    assert isinstance(refusal, InsufficientFunds)
    assert refusal.available is None
    assert "5" not in refusal.message


def purchase_of(scene: Scene, amount: str = "2.00", **more: object) -> dict[str, Any]:
    """Return the input of a purchase of one ticket."""
    return {
        "accountId": gid(NodeKind.ACCOUNT, scene.account_id),
        "reference": a_key(),
        "amount": cny(amount),
        "tickets": [
            {
                "drawId": gid(NodeKind.DRAW, scene.draw_id),
                "numbers": "01 02",
                "stake": cny(amount),
                "serial": a_key(),
            }
        ],
        **more,
    }


async def test_a_platform_learns_that_money_is_short_and_not_how_much_there_is(
    coffer: Coffer,
) -> None:
    scene = await a_scene(coffer.house, balance_minor=1_23)
    given = {**purchase_of(scene), "idempotencyKey": a_key()}
    refused = [
        await coffer.do(
            scene.platform, "purchase", "} ... on InsufficientFunds { available { amount }", **given
        )
        for _ in range(2)
    ]
    assert [answer.pop("replayed") for answer in refused] == [False, True]
    assert refused[0] == refused[1]
    assert refused[0] == {
        "__typename": "InsufficientFunds",
        "code": "INSUFFICIENT_FUNDS",
        "message": "Not enough money is available",
        "path": [],
        "available": None,
    }


async def test_a_platform_learns_what_the_mandate_would_allow(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    refused = await coffer.do(
        scene.platform,
        "purchase",
        "} ... on MandateLimitExceeded { allowed { formatted }",
        **purchase_of(scene, "10000.01"),
    )
    assert refused["__typename"] == "MandateLimitExceeded"
    assert refused["allowed"] == {"formatted": "¥10,000.00"}
    assert refused["message"] == "The payment mandate allows ¥10,000.00 at the most"
    assert refused["path"] == ["amount"]


async def test_a_used_reference_shows_what_it_paid_for(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    first = await coffer.do(
        scene.platform, "purchase", "transaction { id }", **purchase_of(scene, reference="A-1")
    )
    again = await coffer.do(
        scene.platform,
        "purchase",
        "} ... on OrderReferenceUsed { purchase { id amount { amount } balanceAfter { amount } }",
        **purchase_of(scene, "5.00", reference="A-1"),
    )
    assert again["__typename"] == "OrderReferenceUsed"
    assert again["purchase"] == {
        "id": first["transaction"]["id"],
        "amount": {"amount": "-2.00"},
        "balanceAfter": None,
    }
    found = await coffer.ask(
        scene.platform,
        '{ purchaseByReference(reference: "A-1") { id } other: '
        'purchaseByReference(reference: "A-2") { id } }',
    )
    assert found == {"purchaseByReference": first["transaction"], "other": None}


async def test_a_blocked_account_says_how_it_stands(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    await block(coffer.house, scene.account_id)
    refused = await coffer.do(
        scene.platform, "purchase", "} ... on AccountBlocked { status", **purchase_of(scene)
    )
    assert (refused["code"], refused["status"]) == ("ACCOUNT_BLOCKED", "FROZEN")


async def test_a_second_account_shows_the_first(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    refused = await coffer.do(
        player,
        "openAccount",
        "} ... on AccountExists { existing { id }",
        **OPENING,
    )
    assert (refused["code"], refused["path"]) == ("ACCOUNT_EXISTS", ["currency"])
    assert refused["existing"] == {"id": gid(NodeKind.ACCOUNT, account_id)}


async def test_the_banks_reason_is_handed_on(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    coffer.house.bank.refuses = "card expired"
    refused = await coffer.do(
        player,
        "deposit",
        "} ... on BankRefused { reason",
        accountId=gid(NodeKind.ACCOUNT, account_id),
        amount=cny("5"),
    )
    assert refused["__typename"] == "BankRefused"
    assert refused["reason"] == "card expired"
    assert refused["message"] == "The bank refused: card expired"


async def test_a_paid_prize_shows_its_payout_to_its_player(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    (serial,) = await scene.wins(coffer.house, 5_00)
    given = {
        "accountId": gid(NodeKind.ACCOUNT, scene.account_id),
        "drawId": gid(NodeKind.DRAW, scene.draw_id),
        "serial": serial,
    }
    paid = await coffer.do(scene.operator, "payout", "transaction { id }", amount=cny("5"), **given)
    again = await coffer.do(
        scene.player, "claimPrize", "} ... on PaidAlready { payout { id }", **given
    )
    assert again["__typename"] == "PaidAlready"
    assert again["payout"] == paid["transaction"]


async def test_an_empty_pool_is_its_centres_secret(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house, pool_minor=4_00)
    (serial,) = await scene.wins(coffer.house, 5_00)
    given = {
        "accountId": gid(NodeKind.ACCOUNT, scene.account_id),
        "drawId": gid(NodeKind.DRAW, scene.draw_id),
        "serial": serial,
    }
    wanted = "} ... on InsufficientFunds { available { amount }"
    claimed = await coffer.do(scene.player, "claimPrize", **given)
    ordered = await coffer.do(scene.operator, "payout", wanted, amount=cny("5"), **given)
    assert (claimed["code"], claimed["__typename"]) == ("INSUFFICIENT_FUNDS", "PlainRefusal")
    assert (ordered["code"], ordered["available"]) == ("INSUFFICIENT_FUNDS", {"amount": "4.00"})


async def test_many_purchases_are_answered_one_by_one(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house, balance_minor=3_00)
    good, poor = purchase_of(scene), purchase_of(scene, "2.50")
    wrong = purchase_of(scene, accountId=gid(NodeKind.ACCOUNT, uuid4()))
    orders = [{"idempotencyKey": a_key(), **order} for order in (good, poor, wrong, good)]
    orders[3] = orders[0]
    answered = await coffer.do(
        scene.platform,
        "purchases",
        """results { __typename ... on Refusal { code replayed }
           ... on PurchaseSuccess { replayed transaction { amount { amount } } } }""",
        purchases=orders,
    )
    assert answered["replayed"] is False
    assert answered["results"] == [
        {
            "__typename": "PurchaseSuccess",
            "replayed": False,
            "transaction": {"amount": {"amount": "-2.00"}},
        },
        {"__typename": "InsufficientFunds", "code": "INSUFFICIENT_FUNDS", "replayed": False},
        {"__typename": "PlainRefusal", "code": "MANDATE_MISSING", "replayed": False},
        {
            "__typename": "PurchaseSuccess",
            "replayed": True,
            "transaction": {"amount": {"amount": "-2.00"}},
        },
    ]


async def test_limits_and_prizes_in_another_currency_are_refused(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    granted = await coffer.do(
        scene.player,
        "grantMandate",
        accountId=gid(NodeKind.ACCOUNT, scene.account_id),
        partnerId=gid(NodeKind.PARTNER, scene.platform_id),
        limitPerPurchase=cny("1"),
        limitPerDay=cny("1", "JPY"),
        expiresAt="2030-01-01T00:00:00Z",
    )
    assert (granted["code"], granted["path"]) == ("CURRENCY_MISMATCH", ["limitPerDay", "currency"])
    # A key that may draw and not read is told so as well.
    for centre in (scene.centre, limited(scene.centre, ApiKeyScope.DRAW)):
        uploaded = await coffer.do(
            centre,
            "uploadWinningTickets",
            drawId=gid(NodeKind.DRAW, scene.draw_id),
            tickets=[
                {"serial": "1", "prize": cny("1")},
                {"serial": "2", "prize": cny("1", "USD")},
            ],
        )
        assert (uploaded["code"], uploaded["path"]) == (
            "CURRENCY_MISMATCH",
            ["tickets", "1", "prize", "currency"],
        )


async def test_who_may_never_ask_is_told_nothing_of_currencies(coffer: Coffer) -> None:
    house = coffer.house
    scene = await a_scene(house)
    supervisor = await a_supervisor(house)
    draw_id, account_id = gid(NodeKind.DRAW, scene.draw_id), gid(NodeKind.ACCOUNT, scene.account_id)
    tickets = [{"serial": "1", "prize": cny("1", "USD")}]
    granted = {
        "accountId": account_id,
        "partnerId": gid(NodeKind.PARTNER, scene.platform_id),
        "limitPerPurchase": cny("1", "JPY"),
        "limitPerDay": cny("1", "JPY"),
        "expiresAt": "2030-01-01T00:00:00Z",
    }
    for mutation, given in (
        ("uploadWinningTickets", {"drawId": draw_id, "tickets": tickets}),
        ("grantMandate", granted),
    ):
        assert (await coffer.fail_to(supervisor, mutation, **given))["code"] == "FORBIDDEN"


async def test_the_pool_tells_its_centre_when_it_is_low(coffer: Coffer) -> None:
    await set_parameter(coffer.house, ParameterName.PRIZE_POOL_THRESHOLD_MINOR, 7_00)
    centre = await a_centre(coffer.house, pool_minor=5_00)
    data = await coffer.ask(
        centre, "{ prizePool { balance { amount } threshold { amount } partner { id } } }"
    )
    assert data["prizePool"] == {
        "balance": {"amount": "5.00"},
        "threshold": {"amount": "7.00"},
        "partner": {"id": gid(NodeKind.PARTNER, id_of(centre))},
    }
