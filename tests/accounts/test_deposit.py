"""A deposit asks the bank once and posts once, whatever dies in between."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from models import Allowance, Deposit, Transaction
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.settle_deposit import settle_deposit, settle_open_deposits
from services.actors import NOBODY, NotAllowed
from services.bank import BankUnavailable
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    an_account,
    at_once,
    balance,
    beside,
    block,
    dump,
    events,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
)

BANK = system_wallet_id(WalletKind.BANK, "CNY")


def an_order(account_id: UUID, **changes: object) -> DepositOrder:
    """Return an order for 50 CNY."""
    order = DepositOrder(key=a_key(), account_id=account_id, amount_minor=50_00, currency="CNY")
    return replace(order, **changes)  # type: ignore[arg-type]  # the test's own fields


async def test_moves_money_from_the_bank(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    answered = await replayed(partial(deposit, house, customer, an_order(account_id)))
    assert answered.body["available_minor"] == 50_00
    transaction = await Transaction.get(id=answered.body["transaction"]["id"])
    assert await lines_of(transaction.id) == {BANK: -50_00, account_id: 50_00}
    kept = await Deposit.get(id=answered.body["deposit"]["id"])
    assert (kept.state, kept.transaction_id) == ("SETTLED", transaction.id)
    assert house.bank.taken == {kept.id: (50_00, "CNY")}
    assert (await events())[-1] == ("DEPOSIT", f"customer:{customer.id}")


async def test_arrives_on_a_frozen_account(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    await block(house, account_id)
    await deposit(house, customer, an_order(account_id))
    assert await balance(account_id) == 50_00


async def test_refused_by_the_bank(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    house.bank.refuses = "no such card"
    before = await dump(Deposit, Allowance)
    for replays in (False, True):
        with pytest.raises(Refused) as caught:
            await deposit(house, customer, order)
        assert caught.value.refusal.code is RefusalCode.BANK_REFUSED
        assert caught.value.refusal.details == {"reason": "no such card"}
        assert caught.value.replayed is replays
    assert await dump(Deposit, Allowance) == before
    assert [kept.state for kept in await Deposit.all()] == ["REFUSED"]
    assert house.bank.taken == {}


async def test_goes_on_when_the_bank_comes_back(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    house.bank.unavailable = True
    with pytest.raises(BankUnavailable):
        await deposit(house, customer, order)
    assert await balance(account_id) == 0
    house.clock.advance(minutes=1)
    assert await settle_open_deposits(house) == 0
    house.bank.unavailable = False
    assert await settle_open_deposits(house) == 1
    assert await settle_open_deposits(house) == 0
    answered = await deposit(house, customer, order)
    assert answered.replayed
    assert await balance(account_id) == 50_00
    assert len(house.bank.taken) == 1


async def test_a_young_deposit_is_left_to_its_request(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.bank.unavailable = True
    with pytest.raises(BankUnavailable):
        await deposit(house, customer, an_order(account_id))
    house.bank.unavailable = False
    assert await settle_open_deposits(house) == 0


async def test_what_is_not_the_callers_looks_missing(house: HouseUnderTest) -> None:
    customer, other = await a_customer(house), await a_customer(house)
    account_id = await an_account(house, other)
    for missing in (account_id, new_id(), BANK):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await deposit(house, customer, an_order(missing))
    assert house.bank.calls == []


async def test_in_the_accounts_currency(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await deposit(house, customer, an_order(account_id, currency="EUR"))


async def test_a_key_is_for_one_request(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    await deposit(house, customer, order)
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await deposit(house, customer, replace(order, amount_minor=51_00))


async def test_only_customers(house: HouseUnderTest) -> None:
    account_id = await an_account(house, await a_customer(house))
    for actor in (NOBODY, await a_platform(house)):
        with pytest.raises(NotAllowed):
            await deposit(house, actor, an_order(account_id))
    assert house.bank.calls == []


@on_postgres
async def test_the_request_and_two_workers_post_once(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    house.bank.unavailable = True
    with pytest.raises(BankUnavailable):
        await deposit(house, customer, order)
    house.bank.unavailable = False
    kept = await Deposit.get(account_id=account_id)
    async with beside(house) as other:
        await at_once(
            deposit(house, customer, order),
            settle_deposit(other, kept.id),
            settle_deposit(house, kept.id),
            settle_deposit(other, kept.id),
        )
    assert await balance(account_id) == 50_00
