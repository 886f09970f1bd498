"""A deposit asks the bank once and posts once, whatever dies in between."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from models import Allowance, BankInstruction, Deposit, Transaction
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.accounts import deposit as module
from services.accounts.deposit import DepositOrder, deposit
from services.actors import NOBODY, NotAllowed
from services.bank import BankOrder, BankOutcome, BankState
from services.banking.pursue import pursue, pursue_open
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HOLDER,
    HouseUnderTest,
    a_card,
    a_card_number,
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
    before = await dump(Deposit, BankInstruction, Allowance)
    for replays in (False, True):
        with pytest.raises(Refused) as caught:
            await deposit(house, customer, order)
        assert caught.value.refusal.code is RefusalCode.BANK_REFUSED
        assert caught.value.refusal.details == {"reason": "no such card"}
        assert caught.value.replayed is replays
    assert await dump(Deposit, BankInstruction, Allowance) == before
    assert [kept.state for kept in await Deposit.all()] == ["REFUSED"]
    assert house.bank.taken == {}


async def test_goes_on_when_the_bank_comes_back(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    house.bank.unavailable = True
    answered = await deposit(house, customer, order)
    assert answered.body["deposit"]["state"] == "REQUESTED"
    assert "transaction" not in answered.body
    assert await balance(account_id) == 0
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 0
    house.bank.unavailable = False
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1
    assert await pursue_open(house) == 0
    answered = await deposit(house, customer, order)
    assert answered.replayed
    assert await balance(account_id) == 50_00
    assert len(house.bank.taken) == 1


async def test_nobody_waits_for_ever_for_a_bank_that_never_answers(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=0.05))
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    never = asyncio.Event()
    collect = house.bank.collect

    async def say_nothing(order: BankOrder) -> BankOutcome:
        await never.wait()
        return await collect(order)

    house.bank.collect = say_nothing  # type: ignore[method-assign]  # silent, for this test
    order = an_order(account_id, amount_minor=10_00)
    answered = await deposit(house, customer, order)
    assert answered.body["deposit"]["state"] == "REQUESTED"
    assert await balance(account_id) == 0
    house.bank.collect = collect  # type: ignore[method-assign]  # as it was
    house.clock.advance(seconds=10)
    assert await pursue_open(house) == 1
    assert (await deposit(house, customer, order)).body["deposit"]["state"] == "SETTLED"
    assert await balance(account_id) == 10_00
    assert len(house.bank.taken) == 1


async def test_a_young_deposit_is_left_to_its_request(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.bank.unavailable = True
    await deposit(house, customer, an_order(account_id))
    house.bank.unavailable = False
    assert await pursue_open(house) == 0


async def test_what_is_not_the_callers_looks_missing(house: HouseUnderTest) -> None:
    customer, other = await a_customer(house), await a_customer(house)
    account_id = await an_account(house, other)
    for missing in (account_id, new_id(), BANK):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await deposit(house, customer, an_order(missing))
    assert house.bank.calls == []


async def test_comes_from_the_card_that_is_named(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    number = a_card_number()
    card_id = await a_card(house, customer, number)
    await a_card(house, customer)
    answered = await deposit(house, customer, an_order(account_id, card_id=card_id))
    assert answered.body["deposit"]["card_id"] == str(card_id)
    (order,) = house.bank.sent
    assert order.card is not None
    assert (order.card.number, order.card.holder) == (number, HOLDER)


async def test_comes_from_the_only_card_where_none_is_named(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.bank.needs_card = True
    async with refused(house, RefusalCode.CARD_REQUIRED, "cardId"):
        await deposit(house, customer, an_order(account_id))
    card_id = await a_card(house, customer)
    await deposit(house, customer, an_order(account_id))
    assert (await Deposit.get(account_id=account_id)).card_id == card_id
    await a_card(house, customer)
    async with refused(house, RefusalCode.CARD_REQUIRED, "cardId"):
        await deposit(house, customer, an_order(account_id))


async def test_anothers_card_looks_missing(house: HouseUnderTest) -> None:
    customer, other = await a_customer(house), await a_customer(house)
    account_id = await an_account(house, customer)
    await an_account(house, other)
    for missing in (await a_card(house, other), new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "cardId"):
            await deposit(house, customer, an_order(account_id, card_id=missing))
    assert house.bank.calls == []


async def test_needs_a_bank(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.bank.is_there = False
    async with refused(house, RefusalCode.BANK_MISSING):
        await deposit(house, customer, an_order(account_id))


async def test_tells_how_it_stands_by_now(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = an_order(account_id)
    house.bank.waits = True
    first = await deposit(house, customer, order)
    assert first.body["deposit"]["state"] == "REQUESTED"
    assert await events() == []
    house.bank.answers = {key: BankOutcome(BankState.SETTLED) for key in house.bank.answers}
    again = await deposit(house, customer, order)
    assert again.replayed
    assert again.body["deposit"]["state"] == "SETTLED"
    assert again.body["available_minor"] == 50_00
    assert [kind for kind, _ in await events()] == ["DEPOSIT"]


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
    await deposit(house, customer, order)
    house.bank.unavailable = False
    kept = await Deposit.get(account_id=account_id)
    async with beside(house) as other:
        await at_once(
            deposit(house, customer, order),
            pursue(other, kept.id),
            pursue(house, kept.id),
            pursue(other, kept.id),
        )
    assert await balance(account_id) == 50_00
