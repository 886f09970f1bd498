"""What no callback told is found on the statement, and booked once."""

from uuid import UUID

from models import StatementPosition, SuspenseItem, Withdrawal
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.bank import BankNews, BankState
from services.banking.pursue import pursue_open
from services.banking.read_statement import read_statement
from tests.banking.conftest import Holder
from tests.factories import CNY, HouseUnderTest, a_key, dump


async def test_finds_a_return_and_an_arrival(house: HouseUnderTest, holder: Holder) -> None:
    order = WithdrawalOrder(a_key(), holder.account_id, holder.card_id, 30_00, CNY)
    body = (await request_withdrawal(house, holder.actor, order)).body
    withdrawal_id = UUID(body["withdrawal"]["id"])
    await pursue_open(house)
    paid = BankNews("L1", BankState.SETTLED, -30_00, CNY, withdrawal_id)
    house.bank.writes(paid)
    house.bank.writes(BankNews("L2", BankState.RETURNED, 30_00, CNY, withdrawal_id, "no account"))
    house.bank.writes(BankNews("L3", BankState.SETTLED, 5_00, CNY, remittance="for somebody"))
    assert await read_statement(house) == 3
    assert (await Withdrawal.get(id=withdrawal_id)).state == "RETURNED"
    assert (await SuspenseItem.get(reference="L3")).amount_minor == 5_00
    assert await read_statement(house) == 0
    before = await dump()
    await StatementPosition.filter(id=1).update(position=0)
    assert await read_statement(house) == 3
    assert await dump() == before


async def test_another_amount_is_not_believed(house: HouseUnderTest, holder: Holder) -> None:
    order = WithdrawalOrder(a_key(), holder.account_id, holder.card_id, 30_00, CNY)
    body = (await request_withdrawal(house, holder.actor, order)).body
    withdrawal_id = UUID(body["withdrawal"]["id"])
    before = await dump(StatementPosition)
    house.bank.writes(BankNews("L1", BankState.SETTLED, -29_00, CNY, withdrawal_id))
    house.bank.writes(BankNews("L2", BankState.SETTLED, -30_00, "EUR", withdrawal_id))
    assert await read_statement(house) == 2
    assert await dump(StatementPosition) == before
    await pursue_open(house)


async def test_waits_for_a_bank_that_is_away(house: HouseUnderTest) -> None:
    house.bank.writes(BankNews("L3", BankState.SETTLED, 5_00, CNY))
    house.bank.unavailable = True
    assert await read_statement(house) == 0
    house.bank.unavailable = False
    house.bank.is_there = False
    assert await read_statement(house) == 0
    house.bank.is_there = True
    assert await read_statement(house) == 1
