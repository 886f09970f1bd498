"""Queries that are built once find what each caller's own values ask for, and keep none of them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from tortoise.queryset import QuerySet

from models import Account, FeedEvent, Wallet, prepared
from models.prepared import rows_of
from tests.factories import HouseUnderTest, a_customer, an_account, house_on, new_id


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house, and nothing built yet."""
    prepared._built.clear()
    async with house_on(database_url) as opened:
        yield opened


class Builder:
    """Builds a query of the accounts of a customer among some, and counts how often."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self, given: Sequence[Any]) -> QuerySet[Account]:
        """Build it."""
        self.built += 1
        return Account.filter(customer_id=given[0], id__in=given[1:]).order_by("id")


async def test_everybody_gets_their_own(house: HouseUnderTest) -> None:
    builder = Builder()
    customers = [await a_customer(house) for _ in range(3)]
    accounts = [await an_account(house, customer) for customer in customers]
    for customer, account_id in zip(customers, accounts, strict=True):
        assert customer.id is not None
        (row,) = await rows_of("accounts", builder, [customer.id, account_id])
        assert row == await Account.get(id=account_id).values()
        assert isinstance(row["id"], UUID)
    assert customers[0].id is not None
    assert await rows_of("accounts", builder, [customers[0].id, accounts[1]]) == []
    assert builder.built == 1
    found = await rows_of("accounts", builder, [customers[0].id, *accounts])
    assert [row["id"] for row in found] == accounts[:1]
    assert builder.built == 2  # with another number of values it is another statement


async def test_nobodys_values_are_kept(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    assert customer.id is not None
    await rows_of("accounts", Builder(), [customer.id, account_id])
    for value in (customer.id, account_id):
        assert str(value) not in str(prepared._built)
        assert value.hex not in str(prepared._built)


async def test_numbers_and_texts_are_given_too(house: HouseUnderTest) -> None:
    events = [
        await FeedEvent.create(audience=audience, kind="PURCHASE", body="{}", at=house.clock())
        for audience in ("a", "b", "b")
    ]

    def after(given: Sequence[Any]) -> QuerySet[FeedEvent]:
        return FeedEvent.filter(audience=given[0], id__gt=given[1]).order_by("-id").limit(1)

    for audience, position, found in (
        ("b", events[0].id, events[2:]),
        ("b", events[2].id, []),
        ("a", 0, events[:1]),
    ):
        rows = await rows_of("events", after, [audience, position])
        assert [row["id"] for row in rows] == [event.id for event in found]


async def test_where_nobody_needs_to_ask_nothing_is_asked(house: HouseUnderTest) -> None:
    del house
    assert await rows_of("nothing", lambda _: None, [new_id()]) == []


async def test_no_more_are_kept_than_there_is_room_for(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    del house
    monkeypatch.setattr(prepared, "CAPACITY", 5)
    for number in range(12):
        await rows_of(("wallets", number), lambda given: Wallet.filter(id=given[0]), [new_id()])
        assert len(prepared._built) <= 5
