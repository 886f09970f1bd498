"""Amounts: exact in, exact out, and refused where they are not plain."""

import pytest
from graphql import GraphQLError

from graphql_schema.money import decimal, formatted
from graphql_schema.reading import AMOUNT_MAX_MINOR, Reading
from graphql_schema.relay import NodeKind
from models.currencies import DECIMALS
from services.actors import NOBODY, Actor, ActorKind
from tests.factories import a_customer, an_account
from tests.resolvers.asking import Coffer, cny, gid

READING = Reading("en")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "CNY", 1250),
        ("12.5", "CNY", 1250),
        ("12", "CNY", 1200),
        ("0.01", "CNY", 1),
        ("007", "CNY", 700),
        ("12", "JPY", 12),
        ("10000000000000.00", "CNY", AMOUNT_MAX_MINOR),
    ],
)
def test_plain_decimals_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert READING.amount(text, currency, "amount") == minor


@pytest.mark.parametrize(
    ("text", "currency", "rule"),
    [
        ("12.505", "CNY", "TOO_MANY_DECIMALS"),
        ("12.500", "CNY", "TOO_MANY_DECIMALS"),
        ("1.0", "JPY", "TOO_MANY_DECIMALS"),
        ("0", "CNY", "NOT_POSITIVE"),
        ("0.00", "CNY", "NOT_POSITIVE"),
        ("-1", "CNY", "NOT_POSITIVE"),
        ("-0", "CNY", "NOT_POSITIVE"),
        ("10000000000000.01", "CNY", "TOO_LARGE"),
        ("9" * 40, "CNY", "TOO_LARGE"),
        ("9" * 41, "CNY", "NOT_DECIMAL"),
        ("", "CNY", "NOT_DECIMAL"),
        (" 1", "CNY", "NOT_DECIMAL"),
        ("1 ", "CNY", "NOT_DECIMAL"),
        ("1\n", "CNY", "NOT_DECIMAL"),
        ("+1", "CNY", "NOT_DECIMAL"),
        (".5", "CNY", "NOT_DECIMAL"),
        ("5.", "CNY", "NOT_DECIMAL"),
        ("1e3", "CNY", "NOT_DECIMAL"),
        ("1,000", "CNY", "NOT_DECIMAL"),
        ("1_000", "CNY", "NOT_DECIMAL"),
        ("０.５", "CNY", "NOT_DECIMAL"),
        ("٣", "CNY", "NOT_DECIMAL"),
        ("NaN", "CNY", "NOT_DECIMAL"),
        ("Infinity", "CNY", "NOT_DECIMAL"),
        ("0x10", "CNY", "NOT_DECIMAL"),
    ],
)
def test_whatever_else_is_refused_by_field_and_rule(text: str, currency: str, rule: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        READING.amount(text, currency, "tickets.3.stake.amount")
    extensions = caught.value.extensions or {}
    assert extensions["code"] == "BAD_USER_INPUT"
    assert (extensions["field"], extensions["rule"]) == ("tickets.3.stake.amount", rule)


def test_zero_is_an_amount_where_it_may_be() -> None:
    assert READING.amount("0", "CNY", "amount", positive=False) == 0


@pytest.mark.parametrize(
    ("minor", "currency", "amount", "told"),
    [
        (0, "CNY", "0.00", "¥0.00"),
        (5, "CNY", "0.05", "¥0.05"),
        (-5, "CNY", "-0.05", "-¥0.05"),
        (123_456_789, "CNY", "1234567.89", "¥1,234,567.89"),
        (-100_000, "USD", "-1000.00", "-US$1,000.00"),
        (1_234, "JPY", "1234", "JP¥1,234"),
        (10**18, "CNY", "10000000000000000.00", "¥10,000,000,000,000,000.00"),
    ],
)
def test_minor_units_are_told_with_all_their_decimals(
    minor: int, currency: str, amount: str, told: str
) -> None:
    assert formatted(minor, currency) == told
    assert decimal(minor, currency) == amount


@pytest.mark.parametrize("currency", sorted(DECIMALS))
def test_what_is_told_can_be_given_again(currency: str) -> None:
    assert READING.amount(decimal(123_456, currency), currency, "amount") == 123_456


@pytest.mark.parametrize(
    ("amount", "field", "rule"),
    [
        (cny("1.001"), "amount.amount", "TOO_MANY_DECIMALS"),
        (cny("1", "XXX"), "amount.currency", "UNKNOWN_CURRENCY"),
        (cny("1", "cny"), "amount.currency", "UNKNOWN_CURRENCY"),
        (cny("0"), "amount.amount", "NOT_POSITIVE"),
    ],
)
async def test_a_deposit_names_what_is_wrong_with_its_amount(
    coffer: Coffer, amount: dict[str, str], field: str, rule: str
) -> None:
    player = await a_customer(coffer.house)
    account_id = await an_account(coffer.house, player)
    error = await coffer.fail_to(
        player, "deposit", accountId=gid(NodeKind.ACCOUNT, account_id), amount=amount
    )
    assert (error["code"], error["field"], error["rule"]) == ("BAD_USER_INPUT", field, rule)
    assert coffer.house.bank.calls == []


@pytest.mark.parametrize("amount", [1, 1.5, True, ["1"], {"a": 1}])
async def test_an_amount_is_a_string(coffer: Coffer, amount: object) -> None:
    error = await coffer.fail_to(
        Actor(ActorKind.CUSTOMER, None),
        "deposit",
        accountId="x",
        amount={"amount": amount, "currency": "CNY"},
    )
    assert error["code"] == "BAD_USER_INPUT"


async def test_a_literal_number_is_no_amount(coffer: Coffer) -> None:
    error = await coffer.fail(
        NOBODY,
        """mutation { deposit(input: { idempotencyKey: "k", accountId: "x",
           amount: { amount: 12.5, currency: "CNY" } }) { __typename } }""",
    )
    assert error["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
