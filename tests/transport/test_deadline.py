"""What takes too long is cancelled, and nothing else is."""

import asyncio

import pytest

from app.transport.deadline import Deadline, Late
from tests.transport.server import until


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_who_is_in_time_notices_nothing() -> None:
    deadline = Deadline(60)

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        return number

    kept = [deadline.keep(work(number)) for number in range(3)]
    assert await asyncio.gather(*kept) == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        await deadline.keep(asyncio.ensure_future(failing()))


async def failing() -> None:
    raise ZeroDivisionError


async def test_who_is_late_is_told_and_the_others_go_on() -> None:
    deadline = Deadline(0.03)
    late = [asyncio.create_task(deadline.keep(for_ever())) for _ in range(3)]
    told = await asyncio.gather(*late, return_exceptions=True)
    assert [type(one) for one in told] == [Late] * 3
    assert [task.cancelling() for task in late] == [0] * 3
    # Afterwards it serves as before.
    await deadline.keep(asyncio.sleep(0))
    with pytest.raises(Late):
        await deadline.keep(for_ever())


async def test_who_is_cancelled_by_somebody_else_stays_cancelled() -> None:
    deadline = Deadline(60)
    task = asyncio.create_task(deadline.keep(for_ever()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_both_at_once_is_somebody_elses() -> None:
    deadline = Deadline(0.01)

    async def stubborn() -> None:
        try:
            await for_ever()
        finally:
            task.cancel()

    task = asyncio.create_task(deadline.keep(stubborn()))
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nobody_looks_while_nothing_runs() -> None:
    deadline = Deadline(0.01)
    await deadline.keep(asyncio.sleep(0))
    await until(lambda: deadline._looking is None)
