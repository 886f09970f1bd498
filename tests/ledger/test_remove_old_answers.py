"""Retention of idempotency keys: in batches, beside the desk, and what a forgotten key means."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from models import Answer
from services.accounts.deposit import DepositOrder, deposit
from services.house import House
from services.ledger import remove_old_answers as module
from services.ledger.measure_ledger import OVERDUE_ANSWERS, measure_ledger
from services.ledger.remove_old_answers import remove_old_answers
from services.lottery.purchase import purchase
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_customer,
    a_key,
    a_mandate,
    a_scene,
    an_account,
    an_order,
    balance,
    house_on,
    set_parameter,
)
from tests.ledger.support import a_command, checked
from workers.schedule import Job, run_schedule


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house that keeps keys for 30 days, and whose books are sound in the end."""
    async with house_on(database_url) as opened:
        await set_parameter(opened, ParameterName.ANSWER_RETENTION_DAYS, 30)
        yield opened
    await checked(database_url)


async def overdue_s(house: HouseUnderTest) -> float:
    readings = {figure: value for figure, _, value in await measure_ledger(house)}
    value = readings[OVERDUE_ANSWERS]
    assert isinstance(value, float)
    return value


async def test_old_answers_are_forgotten_and_young_ones_kept(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    house.clock.advance(days=29)
    young = DepositOrder(a_key(), account_id, 2_00, CNY)
    await deposit(house, customer, young)
    assert await remove_old_answers(house) == 0
    assert await overdue_s(house) == 0
    house.clock.advance(days=2)
    assert await overdue_s(house) == 86_400
    assert await remove_old_answers(house) > 0
    assert await overdue_s(house) == 0
    assert (await deposit(house, customer, young)).replayed


async def test_they_go_in_batches_and_the_next_run_goes_on(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        await house.desk.submit(a_command(lambda _: {}))
    count = await Answer.all().count()
    house.clock.advance(days=31)
    monkeypatch.setattr(module, "BATCH", 4)
    removed = [await remove_old_answers(house) for _ in range(count // 4)]
    assert removed == [4] * (count // 4)
    assert await remove_old_answers(house) == count % 4
    assert await Answer.all().count() == 0


async def test_a_key_that_was_forgotten_is_a_new_one(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    order = DepositOrder(a_key(), account_id, 5_00, CNY)
    first = await deposit(house, customer, order)
    house.clock.advance(days=31)
    while await remove_old_answers(house):
        pass
    again = await deposit(house, customer, order)
    assert not again.replayed
    assert again.body["deposit"]["id"] != first.body["deposit"]["id"]
    assert await balance(account_id) == 10_00


async def test_an_order_reference_pays_once_though_its_key_was_forgotten(
    house: HouseUnderTest,
) -> None:
    scene = await a_scene(house)
    order = an_order(scene.account_id, scene.draw_id)
    await purchase(house, scene.platform, order)
    paid = await balance(scene.account_id)
    house.clock.advance(days=31)
    await a_mandate(house, scene.player, scene.account_id, scene.platform)
    while await remove_old_answers(house):
        pass
    with pytest.raises(Refused) as refused:
        await purchase(house, scene.platform, order)
    assert refused.value.refusal.code is RefusalCode.ORDER_REFERENCE_USED
    assert await balance(scene.account_id) == paid


async def test_the_desk_goes_on_while_they_are_removed(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(60):
        await house.desk.submit(a_command(lambda _: {}))
    house.clock.advance(days=31)
    monkeypatch.setattr(module, "BATCH", 5)
    stop = asyncio.Event()

    async def removes(_: House) -> int:
        removed = await remove_old_answers(house)
        if not removed:
            stop.set()
        return removed

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(run_schedule(house, stop, (Job(removes, 3600),)))
        for _ in range(20):
            await house.desk.submit(a_command(lambda _: {}))
    assert await Answer.all().count() == 20
