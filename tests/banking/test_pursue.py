"""The bank is asked until the outcome is known, less and less often, and told nothing twice."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models import BankInstruction, Withdrawal
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.bank import BankOrder, BankOutcome, BankUnavailable
from services.banking.pursue import LONGEST, pursue, pursue_open
from services.vault import Keyring, Vault
from tests.banking.conftest import Holder
from tests.factories import CNY, HouseUnderTest, a_key, beside


async def withdraw(house: HouseUnderTest, of: Holder) -> UUID:
    """Take 1 CNY out, and return the instruction's id."""
    order = WithdrawalOrder(a_key(), of.account_id, of.card_id, 1_00, CNY)
    body = (await request_withdrawal(house, of.actor, order)).body
    return UUID(body["withdrawal"]["id"])


async def test_asks_less_and_less_often_and_never_gives_up(
    house: HouseUnderTest, holder: Holder
) -> None:
    instruction_id = await withdraw(house, holder)
    house.bank.unavailable = True
    pauses = []
    for _ in range(14):
        assert await pursue_open(house) == 0
        kept = await BankInstruction.get(id=instruction_id)
        assert kept.ask_at is not None
        pauses.append(kept.ask_at - house.clock())
        assert await pursue_open(house) == 0  # not due
        house.clock.now = kept.ask_at
    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]
    assert pauses[-1] == LONGEST
    assert len(house.bank.calls) == 14
    house.bank.unavailable = False
    assert await pursue_open(house) == 1
    assert await pursue_open(house) == 0


async def test_asks_how_it_stands_before_it_sends_again(
    house: HouseUnderTest, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    instruction_id = await withdraw(house, holder)
    pay = house.bank.pay

    async def loses_the_answer(order: BankOrder) -> BankOutcome:
        await pay(order)
        raise BankUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(house.bank, "pay", loses_the_answer)
        assert await pursue_open(house) == 0
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1
    assert len(house.bank.sent) == 1
    assert (await Withdrawal.get(id=instruction_id)).state == "SETTLED"


async def test_sends_what_the_bank_never_heard_of(house: HouseUnderTest, holder: Holder) -> None:
    await withdraw(house, holder)
    house.bank.unavailable = True
    assert await pursue_open(house) == 0
    house.bank.unavailable = False
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1
    assert len(house.bank.paid) == 1


async def test_one_asks_at_a_time(house: HouseUnderTest, holder: Holder) -> None:
    instruction_id = await withdraw(house, holder)
    async with beside(house) as other:
        asked: list[bool] = []
        pay = house.bank.pay

        async def meanwhile(order: BankOrder) -> BankOutcome:
            asked.append(await pursue_open(other) > 0)
            return await pay(order)

        house.bank.pay = meanwhile  # type: ignore[method-assign]  # slow, for this test
        assert await pursue(house, instruction_id)
    assert asked == [False]
    assert len(house.bank.calls) == 1


async def test_a_card_that_cannot_be_read_holds_up_nobody_else(
    house: HouseUnderTest, holder: Holder
) -> None:
    await withdraw(house, holder)
    keyring = Keyring.fresh("2")
    without = replace(house, vault=Vault(lambda: keyring))
    assert await pursue_open(without) == 0
    assert house.bank.calls == []
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1


async def test_without_a_bank_it_waits_for_one(house: HouseUnderTest, holder: Holder) -> None:
    await withdraw(house, holder)
    house.bank.is_there = False
    assert await pursue_open(house) == 0
    house.bank.is_there = True
    assert await pursue_open(house) == 1
