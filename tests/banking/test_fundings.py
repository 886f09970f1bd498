"""What the bank takes back of a prize pool's funding."""

from uuid import UUID

from models import BankInstruction, PoolFunding
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services import audiences
from services.bank import BankOutcome, BankState
from services.banking.conclude import conclude
from services.lottery.fund_pool import FundPool, fund_pool
from tests.factories import CNY, HouseUnderTest, a_centre, a_key, balance, dump, events, id_of

BANK = system_wallet_id(WalletKind.BANK, CNY)
DEBT = system_wallet_id(WalletKind.SUSPENSE_DEBT, CNY)
RETURNED = BankOutcome(BankState.RETURNED, "L2", "no mandate")


async def test_taken_back_from_the_pool(house: HouseUnderTest) -> None:
    centre = await a_centre(house)
    answered = await fund_pool(house, centre, FundPool(a_key(), 50_00, CNY))
    funding_id = UUID(answered.body["pool_funding"]["id"])
    instruction = await BankInstruction.get(id=funding_id)
    await conclude(house, instruction, RETURNED)
    assert (await PoolFunding.get(id=funding_id)).state == "REVERSED"
    assert await balance(id_of(centre)) == await balance(BANK) == await balance(DEBT) == 0
    assert (await events())[-1] == ("DEPOSIT_REVERSED", audiences.partner(id_of(centre)))
    before = await dump()
    for state in (BankState.SETTLED, BankState.RETURNED, BankState.REFUSED):
        await conclude(house, instruction, BankOutcome(state))
    assert await dump() == before


async def test_comes_and_goes_where_only_its_going_is_told(house: HouseUnderTest) -> None:
    centre = await a_centre(house)
    house.bank.waits = True
    answered = await fund_pool(house, centre, FundPool(a_key(), 50_00, CNY))
    assert (answered.body["pool_funding"]["state"], answered.body["balance_minor"]) == (
        "REQUESTED",
        0,
    )
    instruction = await BankInstruction.get(purpose="POOL_FUNDING")
    await conclude(house, instruction, RETURNED)
    assert (await PoolFunding.get(id=instruction.id)).state == "REVERSED"
    assert await balance(id_of(centre)) == await balance(BANK) == 0
