"""A centre funds its pool: what the bank took is in the pool, once, whatever broke in between."""

from dataclasses import replace

import pytest

from models import BankInstruction, PoolFunding
from models.currencies import system_wallet_id
from models.kinds import WalletKind
from services.actors import NotAllowed
from services.banking.pursue import pursue_open
from services.ledger.command import Answered
from services.lottery.fund_pool import FundPool, fund_pool
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_key,
    at_once,
    balance,
    beside,
    dump,
    events,
    refused,
)

BANK = system_wallet_id(WalletKind.BANK, CNY)


@pytest.fixture
def order() -> FundPool:
    return FundPool(a_key(), 5_000_00, CNY)


async def test_collects_and_posts(house: HouseUnderTest, scene: Scene, order: FundPool) -> None:
    pool, bank = await balance(scene.centre_id), await balance(BANK)
    answered = await fund_pool(house, scene.centre, order)
    assert answered.body["balance_minor"] == pool + 5_000_00
    assert answered.body["pool_funding"]["state"] == "SETTLED"
    assert await balance(scene.centre_id) == pool + 5_000_00
    assert await balance(BANK) == bank - 5_000_00
    assert list(house.bank.taken.values()) == [(5_000_00, CNY)]
    assert (await events())[-1] == ("POOL_FUNDED", f"partner:{scene.centre_id}")


async def test_asked_again_answers_without_the_bank(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    first = await fund_pool(house, scene.centre, order)
    house.bank.unavailable = True
    before = await dump()
    again = await fund_pool(house, scene.centre, order)
    assert again == Answered(first.body, replayed=True)
    assert await dump() == before
    assert len(house.bank.calls) == 1


async def test_asked_again_after_the_bank_was_away_collects_once(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    pool = await balance(scene.centre_id)
    house.bank.unavailable = True
    for _ in range(2):
        answered = await fund_pool(house, scene.centre, order)
        assert answered.body["pool_funding"]["state"] == "REQUESTED"
        assert answered.body["balance_minor"] == pool
    assert await balance(scene.centre_id) == pool
    house.bank.unavailable = False
    await fund_pool(house, scene.centre, order)
    assert len(set(house.bank.calls)) == len(house.bank.taken) == 1
    assert await balance(scene.centre_id) == pool + 5_000_00


async def test_what_was_collected_before_a_crash_is_posted_by_the_next_try(
    house: HouseUnderTest, scene: Scene, order: FundPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await balance(scene.centre_id)
    collect = house.bank.collect

    async def dies(*arguments: object) -> None:
        await collect(*arguments)  # type: ignore[arg-type] # handed on as they came
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(house.bank, "collect", dies)
        with pytest.raises(ConnectionResetError):
            await fund_pool(house, scene.centre, order)
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await fund_pool(house, scene.centre, replace(order, amount_minor=9_000_00))
    await fund_pool(house, scene.centre, order)
    assert list(house.bank.taken.values()) == [(5_000_00, CNY)]
    assert await balance(scene.centre_id) == pool + 5_000_00


async def test_at_once_collects_and_posts_once(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    pool = await balance(scene.centre_id)
    async with beside(house) as other:
        answers = await at_once(*(fund_pool(at, scene.centre, order) for at in (house, other) * 3))
    assert sum(isinstance(a, Answered) and not a.replayed for a in answers) == 1
    assert len(house.bank.taken) == 1
    assert await balance(scene.centre_id) == pool + 5_000_00


async def test_a_suspended_centre_may_fund_its_pool(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    await suspend_partner(house, scene.operator, a_key(), scene.centre_id)
    await fund_pool(house, scene.centre, order)


async def test_refuses_callers_without_a_pool(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    for actor in (scene.player, scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await fund_pool(house, actor, order)
    assert house.bank.calls == []


async def test_refuses_another_currency_before_the_bank_is_called(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await fund_pool(house, scene.centre, replace(order, currency="EUR"))
    assert house.bank.calls == []


async def test_tells_what_the_bank_refused_again_and_again(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    house.bank.refuses = "no cover"
    before = await dump(PoolFunding, BankInstruction)
    for replays in (False, True):
        with pytest.raises(Refused) as caught:
            await fund_pool(house, scene.centre, order)
        assert caught.value.refusal.code is RefusalCode.BANK_REFUSED
        assert caught.value.refusal.details == {"reason": "no cover"}
        assert caught.value.replayed is replays
    assert await dump(PoolFunding, BankInstruction) == before
    assert [funding.state for funding in await PoolFunding.all()] == ["REFUSED"]


async def test_goes_on_by_itself_when_the_bank_comes_back(
    house: HouseUnderTest, scene: Scene, order: FundPool
) -> None:
    pool = await balance(scene.centre_id)
    house.bank.unavailable = True
    await fund_pool(house, scene.centre, order)
    house.bank.unavailable = False
    assert await pursue_open(house) == 0  # left to its request for a while
    house.clock.advance(minutes=1)
    assert await pursue_open(house) == 1
    assert await pursue_open(house) == 0
    assert await balance(scene.centre_id) == pool + 5_000_00
    assert (await fund_pool(house, scene.centre, order)).replayed
    assert list(house.bank.taken.values()) == [(5_000_00, CNY)]
