"""The schedule runs every job again and again, and outlives a job that fails."""

import asyncio

from models import Answer
from services.accounts.deposit import DepositOrder, deposit
from services.house import House
from services.ledger.remove_old_answers import remove_old_answers
from services.parameters import ParameterName
from tests.factories import HouseUnderTest, a_customer, a_key, an_account, set_parameter
from workers.schedule import JOBS, Job, run_schedule


async def test_a_job_that_fails_is_tried_again_and_hinders_none(house: HouseUnderTest) -> None:
    stop = asyncio.Event()
    failures, successes = 0, 0

    async def fails(_: House) -> int:
        nonlocal failures
        failures += 1
        raise RuntimeError("broken on purpose")

    async def works(_: House) -> int:
        nonlocal successes
        successes += 1
        if failures > 1 and successes > 1:
            stop.set()
        return 0

    async with asyncio.timeout(10):
        await run_schedule(house, stop, (Job(fails, 0.001), Job(works, 0.001)))
    assert failures > 1
    assert successes > 1


async def test_work_that_is_there_is_done_without_a_pause(house: HouseUnderTest) -> None:
    stop = asyncio.Event()
    left = 5

    async def works(_: House) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()
        return 1

    async with asyncio.timeout(10):
        await run_schedule(house, stop, (Job(works, 3600),))
    assert left == 0


async def test_every_job_runs_on_an_empty_house(house: HouseUnderTest) -> None:
    for job in JOBS:
        assert await job.run(house) == 0


async def test_old_answers_are_forgotten_and_young_ones_kept(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    await set_parameter(house, ParameterName.ANSWER_RETENTION_DAYS, 30)
    order = DepositOrder(a_key(), account_id, 1_00, "CNY")
    await deposit(house, customer, order)
    house.clock.advance(days=29)
    young = DepositOrder(a_key(), account_id, 2_00, "CNY")
    await deposit(house, customer, young)
    assert await remove_old_answers(house) == 0
    house.clock.advance(days=2)
    assert await remove_old_answers(house) > 0
    assert await Answer.filter(at__lt=house.clock.now).count() > 0
    assert (await deposit(house, customer, young)).replayed
