"""The schedule runs every job again and again, and outlives a job that fails."""

import asyncio

from services.house import House
from tests.factories import HouseUnderTest
from workers.schedule import JOBS, Job, JobFigures, run_schedule


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


async def test_a_job_that_rests_lets_others_in_between(house: HouseUnderTest) -> None:
    stop = asyncio.Event()
    figures: dict[str, JobFigures] = {}

    async def works(_: House) -> int:
        stop.set()  # while it rests, it is told to end
        return 7

    async with asyncio.timeout(10):
        await run_schedule(house, stop, (Job(works, 3600, 3600),), figures)
    assert figures["works"].done == 7
