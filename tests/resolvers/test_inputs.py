"""Inputs are bounded, and refused by field and rule before anything happens."""

from typing import Any

import pytest

from graphql_schema.relay import NodeKind
from services.actors import NOBODY
from tests.factories import a_key, a_scene, dump
from tests.resolvers.asking import Coffer, cny, gid
from tests.resolvers.test_faults import ACCOUNT, BUY, DRAW, MUTATIONS, PARTNER, PURCHASE, TICKET


def picked(**changes: object) -> dict[str, object]:
    return {"drawId": DRAW, "numbers": "1", "stake": cny("1"), **changes}


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("openAccount", {"idempotencyKey": ""}, "idempotencyKey", "TOO_SHORT"),
    ("openAccount", {"idempotencyKey": "   "}, "idempotencyKey", "TOO_SHORT"),
    ("openAccount", {"idempotencyKey": "x" * 129}, "idempotencyKey", "TOO_LONG"),
    ("openAccount", {"idempotencyKey": "a\nb"}, "idempotencyKey", "NOT_PRINTABLE"),
    ("openAccount", {"idempotencyKey": "a\x00b"}, "idempotencyKey", "NOT_PRINTABLE"),
    ("openAccount", {"currency": "GBP"}, "currency", "UNKNOWN_CURRENCY"),
    ("openAccount", {"holderName": ""}, "holderName", "TOO_SHORT"),
    ("openAccount", {"holderName": "x" * 81}, "holderName", "TOO_LONG"),
    ("openAccount", {"phone": "call me"}, "phone", "NOT_A_PHONE"),
    ("openAccount", {"phone": "1" * 21}, "phone", "TOO_LONG"),
    ("openAccount", {"identityNumber": "1" * 31}, "identityNumber", "TOO_LONG"),
    ("openAccount", {"birthDate": "7 March 1990"}, "birthDate", "NOT_A_DATE"),
    ("openAccount", {"birthDate": "1990-02-30"}, "birthDate", "NOT_A_DATE"),
    ("reportLost", {"reason": "x" * 201}, "reason", "TOO_LONG"),
    ("liftLostReport", {"identityNumber": "1" * 31}, "identityNumber", "TOO_LONG"),
    ("revealProfile", {"reason": " "}, "reason", "TOO_SHORT"),
    ("deposit", {"accountId": DRAW}, "accountId", "WRONG_KIND_OF_ID"),
    ("deposit", {"accountId": "1"}, "accountId", "NOT_AN_ID"),
    ("deposit", {"amount": cny("-1")}, "amount.amount", "NOT_POSITIVE"),
    ("grantMandate", {"limitPerPurchase": cny("0")}, "limitPerPurchase.amount", "NOT_POSITIVE"),
    ("grantMandate", {"limitPerDay": cny("0")}, "limitPerDay.amount", "NOT_POSITIVE"),
    ("grantMandate", {"expiresAt": "tomorrow"}, "expiresAt", "NOT_A_TIME"),
    ("grantMandate", {"expiresAt": "2030-01-01T00:00:00"}, "expiresAt", "NOT_A_TIME"),
    ("grantMandate", {"expiresAt": "2030-01-01"}, "expiresAt", "NOT_A_TIME"),
    ("grantMandate", {"expiresAt": "9999-12-31T23:59:59-01:00"}, "expiresAt", "NOT_A_TIME"),
    ("grantMandate", {"partnerId": ACCOUNT}, "partnerId", "WRONG_KIND_OF_ID"),
    ("revokeMandate", {"accountId": PARTNER}, "accountId", "WRONG_KIND_OF_ID"),
    ("purchase", {"tickets": []}, "tickets", "TOO_FEW"),
    ("purchase", {"tickets": [picked()] * 51}, "tickets", "TOO_MANY"),
    ("purchase", {"reference": ""}, "reference", "TOO_SHORT"),
    ("purchase", {"reference": "x" * 65}, "reference", "TOO_LONG"),
    ("purchase", {"tickets": [picked(numbers="x" * 201)]}, "tickets.0.numbers", "TOO_LONG"),
    ("purchase", {"tickets": [picked(numbers="")]}, "tickets.0.numbers", "TOO_SHORT"),
    ("purchase", {"tickets": [picked(serial="")]}, "tickets.0.serial", "TOO_SHORT"),
    ("purchase", {"tickets": [picked(serial="x" * 65)]}, "tickets.0.serial", "TOO_LONG"),
    (
        "purchase",
        {"tickets": [picked(), picked(stake=cny("0"))]},
        "tickets.1.stake.amount",
        "NOT_POSITIVE",
    ),
    (
        "purchase",
        {"tickets": [picked(stake=cny("1", "JPY"))]},
        "tickets.0.stake.currency",
        "ANOTHER_CURRENCY",
    ),
    ("purchases", {"purchases": []}, "purchases", "TOO_FEW"),
    ("purchases", {"purchases": [{**BUY, "idempotencyKey": "k"}] * 101}, "purchases", "TOO_MANY"),
    (
        "purchases",
        {
            "purchases": [
                {**BUY, "idempotencyKey": "k"},
                {**BUY, "idempotencyKey": "l", "tickets": [picked(drawId="x")]},
            ]
        },
        "purchases.1.tickets.0.drawId",
        "NOT_AN_ID",
    ),
    (
        "purchases",
        {"purchases": [{**BUY, "idempotencyKey": "x" * 129}]},
        "purchases.0.idempotencyKey",
        "TOO_LONG",
    ),
    ("confirmTickets", {"tickets": []}, "tickets", "TOO_FEW"),
    (
        "confirmTickets",
        {"tickets": [{"ticketId": TICKET, "serial": "s"}] * 51},
        "tickets",
        "TOO_MANY",
    ),
    (
        "confirmTickets",
        {"tickets": [{"ticketId": PURCHASE, "serial": "s"}]},
        "tickets.0.ticketId",
        "WRONG_KIND_OF_ID",
    ),
    (
        "confirmTickets",
        {"tickets": [{"ticketId": TICKET, "serial": ""}]},
        "tickets.0.serial",
        "TOO_SHORT",
    ),
    ("refundPurchase", {"reason": "x" * 201}, "reason", "TOO_LONG"),
    ("refundPurchase", {"purchaseId": TICKET}, "purchaseId", "WRONG_KIND_OF_ID"),
    ("fundPrizePool", {"amount": cny("0.001")}, "amount.amount", "TOO_MANY_DECIMALS"),
    ("openDraw", {"game": "x" * 41}, "game", "TOO_LONG"),
    ("openDraw", {"code": "x" * 41}, "code", "TOO_LONG"),
    ("openDraw", {"salesCloseAt": "2030-13-01T00:00:00Z"}, "salesCloseAt", "NOT_A_TIME"),
    ("openDraw", {"currency": "XTS"}, "currency", "UNKNOWN_CURRENCY"),
    (
        "uploadWinningTickets",
        {"tickets": [{"serial": "s", "prize": cny("1")}] * 1001},
        "tickets",
        "TOO_MANY",
    ),
    (
        "uploadWinningTickets",
        {"tickets": [{"serial": "s", "prize": cny("0")}]},
        "tickets.0.prize.amount",
        "NOT_POSITIVE",
    ),
    ("payout", {"serial": "x" * 65}, "serial", "TOO_LONG"),
    ("claimPrize", {"drawId": ACCOUNT}, "drawId", "WRONG_KIND_OF_ID"),
    ("setParameter", {"value": "1.5"}, "value", "NOT_WHOLE"),
    ("setParameter", {"value": "9" * 41}, "value", "NOT_WHOLE"),
    ("setParameter", {"value": str(2**63)}, "value", "OUT_OF_RANGE"),
]


@pytest.mark.parametrize(("mutation", "changes", "field", "rule"), CASES)
async def test_a_malformed_input_is_named_and_changes_nothing(
    coffer: Coffer, mutation: str, changes: dict[str, Any], field: str, rule: str
) -> None:
    scene = await a_scene(coffer.house)
    kind, given = MUTATIONS[mutation]
    actor = {
        "player": scene.player,
        "platform": scene.platform,
        "centre": scene.centre,
        "operator": scene.operator,
    }[kind.split(", ")[0]]
    before = await dump()
    error = await coffer.fail_to(actor, mutation, **{**given, **changes})
    assert (error["code"], error["field"], error["rule"]) == ("BAD_USER_INPUT", field, rule)
    assert await dump() == before


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"email": "x"}, "email", "NOT_AN_EMAIL"),
        ({"email": "a@b"}, "email", "NOT_AN_EMAIL"),
        ({"email": "a@@b.com"}, "email", "NOT_AN_EMAIL"),
        ({"email": "a b@c.com"}, "email", "NOT_AN_EMAIL"),
        ({"email": "@c.com"}, "email", "NOT_AN_EMAIL"),
        ({"email": "a@c..com"}, "email", "NOT_AN_EMAIL"),
        ({"email": f"{'x' * 250}@c.com"}, "email", "TOO_LONG"),
        ({"email": ""}, "email", "TOO_SHORT"),
        ({"password": "123456789"}, "password", "TOO_SHORT"),
        ({"password": "x" * 129}, "password", "TOO_LONG"),
    ],
)
async def test_signing_up_names_what_is_wrong(
    coffer: Coffer, changes: dict[str, str], field: str, rule: str
) -> None:
    given = {"email": "a@example.com", "password": "1234567890", **changes}
    error = await coffer.fail_to(NOBODY, "signUp", **given)
    assert (error["code"], error["field"], error["rule"]) == ("BAD_USER_INPUT", field, rule)
    assert given["password"] not in str(error)


async def test_the_largest_inputs_are_taken(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    draw_id = gid(NodeKind.DRAW, scene.draw_id)
    answer = await coffer.do(
        scene.platform,
        "purchase",
        "tickets { serial numbers }",
        idempotencyKey="k" * 128,
        accountId=gid(NodeKind.ACCOUNT, scene.account_id),
        reference="r" * 64,
        amount=cny("50"),
        tickets=[
            picked(drawId=draw_id, numbers="九" * 200, serial=f"{index:02}".rjust(64, "s"))
            for index in range(50)
        ],
    )
    assert len(answer["tickets"]) == 50
    assert answer["tickets"][7] == {"serial": "07".rjust(64, "s"), "numbers": "九" * 200}
    many = await coffer.do(
        scene.platform,
        "purchases",
        "results { __typename }",
        purchases=[{**BUY, "idempotencyKey": a_key(), "reference": a_key()} for _ in range(100)],
    )
    assert many["results"] == [{"__typename": "PlainRefusal"}] * 100
