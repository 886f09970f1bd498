"""An account is opened once for each currency, and may be used at once."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from models import Account, Wallet
from services.accounts.open_account import OpenAccount, open_account
from services.actors import NOBODY, NotAllowed
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    at_once,
    beside,
    dump,
    events,
    id_of,
    on_postgres,
    refused,
    replayed,
)


def asked(**changes: str) -> OpenAccount:
    """Return what a customer fills in."""
    request = OpenAccount(key=a_key(), currency="CNY", holder_name="王小明", phone="+8613800000000")
    return replace(request, **changes)


async def test_opens_an_empty_account_of_the_customers_own(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    answered = await replayed(partial(open_account, house, customer, asked()))
    account_id = UUID(answered.body["account"]["id"])
    account, wallet = await Account.get(id=account_id), await Wallet.get(id=account_id)
    assert (account.customer_id, account.holder_name) == (id_of(customer), "王小明")
    assert (wallet.kind, wallet.owner_id, wallet.balance_minor) == ("LOTTERY", id_of(customer), 0)
    assert len(account.number) == 16
    assert await events() == [("ACCOUNT_OPENED", f"customer:{customer.id}")]


async def test_one_for_each_currency(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    first = await open_account(house, customer, asked())
    async with refused(
        house, RefusalCode.ACCOUNT_EXISTS, "currency", account_id=first.body["account"]["id"]
    ):
        await open_account(house, customer, asked())
    second = await open_account(house, customer, asked(currency="EUR"))
    assert second.body["account"]["currency"] == "EUR"
    await open_account(house, await a_customer(house), asked())


async def test_a_key_is_for_one_request(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), asked()
    await open_account(house, customer, request)
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await open_account(house, customer, replace(request, phone="+8613900000000"))


@on_postgres
async def test_two_processes_at_once_open_one(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    async with beside(house) as other:
        results = await at_once(
            *(open_account(at, customer, asked()) for at in (house, other) for _ in range(8))
        )
    codes = [getattr(getattr(result, "refusal", None), "code", None) for result in results]
    assert codes.count(None) == 1
    assert codes.count(RefusalCode.ACCOUNT_EXISTS) == 15
    assert await Account.all().count() == 1


async def test_only_customers(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    before = await dump()
    for actor in (NOBODY, platform):
        with pytest.raises(NotAllowed):
            await open_account(house, actor, asked())
    assert await dump() == before
