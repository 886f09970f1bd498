"""A whole draw is paid once, whoever dies and however many work on it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from models import FeedEvent, PayoutRun, Transaction, WinningTicket
from models.kinds import DrawState, EntryKind
from services.lottery import run_payouts as module
from services.lottery.claim_prize import ClaimPrize, claim_prize
from services.lottery.pay_draw import pay_draw
from services.lottery.run_payouts import run_payouts
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_draw,
    a_key,
    a_scene,
    at_once,
    balance,
    beside,
    dump,
    events,
    give,
)

START = 100_00


async def started(house: HouseUnderTest, scene: Scene, *prizes_minor: int) -> list[str]:
    """Publish a draw with these prizes, start its payment, and return the serials."""
    serials = await scene.wins(house, *prizes_minor)
    await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    return serials


async def assert_all_paid(scene: Scene, count: int) -> None:
    """Assert that ``count`` prizes of 1 CNY were paid and told exactly once."""
    assert await balance(scene.account_id) == START - count + count * 1_00
    assert await Transaction.filter(type="PAYOUT").count() == count
    assert await WinningTicket.filter(state="UNPAID").count() == 0
    assert await FeedEvent.filter(kind="PRIZE_PAID").count() == 2 * count
    assert await FeedEvent.filter(kind="DRAW_PAID").count() == 2
    run = await PayoutRun.get()
    assert (run.state, run.total, run.paid, run.refused) == ("DONE", count, count, 0)


async def test_pays_every_ticket_in_chunks(
    house: HouseUnderTest, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    await started(house, scene, *[1_00] * 8)
    assert await run_payouts(house) == 8
    await assert_all_paid(scene, 8)
    run = await PayoutRun.get()
    assert (run.finished_at, run.lease_until) == (house.clock(), None)
    assert (await events())[-2:] == [
        ("DRAW_PAID", f"partner:{scene.centre_id}"),
        ("DRAW_PAID", "topic:alerts"),
    ]
    before = await dump()
    assert await run_payouts(house) == 0
    assert await dump() == before


async def test_a_draw_nobody_won_is_done_at_once(house: HouseUnderTest, scene: Scene) -> None:
    draw_id = await a_draw(house, scene.centre, state=DrawState.PUBLISHED)
    await pay_draw(house, scene.operator, a_key(), draw_id)
    assert await run_payouts(house) == 0
    assert (await PayoutRun.get()).state == "DONE"


async def test_several_draws_are_paid_in_one_go(house: HouseUnderTest, scene: Scene) -> None:
    other = await a_scene(house)
    await started(house, scene, 1_00, 1_00)
    await started(house, other, 1_00)
    assert await run_payouts(house) == 3
    assert await PayoutRun.filter(state="DONE").count() == 2


async def test_what_its_player_claims_meanwhile_is_paid_once_and_counted(
    house: HouseUnderTest, scene: Scene
) -> None:
    serials = await started(house, scene, 1_00, 1_00, 1_00)
    claim = ClaimPrize(a_key(), scene.account_id, scene.draw_id, serials[1])
    await claim_prize(house, scene.player, claim)
    assert await run_payouts(house) == 3
    await assert_all_paid(scene, 3)


async def test_an_empty_pool_refuses_the_rest_and_a_later_run_pays_it(
    house: HouseUnderTest,
) -> None:
    scene = await a_scene(house, pool_minor=2_50)
    await started(house, scene, 1_00, 1_00, 1_00, 50)
    assert await run_payouts(house) == 4
    run = await PayoutRun.get()
    assert (run.state, run.paid, run.refused) == ("DONE", 3, 1)
    assert await balance(scene.centre_id) == 0
    await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    await run_payouts(house)
    latest = await PayoutRun.all().order_by("-id").first()
    assert latest is not None
    assert (latest.total, latest.paid, latest.refused) == (4, 3, 1)
    await give(house, EntryKind.POOL_FUNDING, scene.centre_id, 10_00)
    await pay_draw(house, scene.operator, a_key(), scene.draw_id)
    await run_payouts(house)
    latest = await PayoutRun.all().order_by("-id").first()
    assert latest is not None
    assert (latest.total, latest.paid, latest.refused) == (4, 4, 0)
    assert await WinningTicket.filter(state="UNPAID").count() == 0


async def test_prizes_that_expired_are_refused_by_the_run(
    house: HouseUnderTest, scene: Scene
) -> None:
    await started(house, scene, 1_00)
    house.clock.advance(days=60)
    assert await run_payouts(house) == 1
    run = await PayoutRun.get()
    assert (run.state, run.paid, run.refused) == ("DONE", 0, 1)


class DiedError(Exception):
    """What kills the worker in these tests."""


def dying(
    real: Callable[..., Awaitable[Any]], *, at_call: int, done: bool
) -> Callable[..., Awaitable[Any]]:
    """Return a step that kills its worker at a call of it, before or after it was done."""
    calls = 0

    async def step(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == at_call and not done:
            raise DiedError
        result: object = await real(*arguments)
        if calls == at_call:
            raise DiedError
        return result

    return step


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("step", "at_call"),
    [
        *((step, at_call) for step in ("_next_chunk", "_pay", "_note") for at_call in (1, 2)),
        ("_finish", 1),
    ],
)
async def test_a_worker_that_dies_anywhere_is_taken_over(
    house: HouseUnderTest,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    at_call: int,
    *,
    done: bool,
) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    await started(house, scene, *[1_00] * 8)
    with monkeypatch.context() as patch:
        patch.setattr(module, step, dying(getattr(module, step), at_call=at_call, done=done))
        with pytest.raises(DiedError):
            await run_payouts(house)
    house.clock.advance(seconds=59)
    async with beside(house) as other:
        assert await run_payouts(other) == 0  # the dead one's lease
        house.clock.advance(seconds=1)
        await run_payouts(other)
    await assert_all_paid(scene, 8)


async def test_two_workers_share_the_work_by_leases(house: HouseUnderTest, scene: Scene) -> None:
    await started(house, scene, *[1_00] * 30)
    async with beside(house) as other:
        counts = await at_once(*(run_payouts(at) for at in (house, other) * 2))
    assert sorted(count for count in counts if isinstance(count, int)) == [0, 0, 0, 30]
    await assert_all_paid(scene, 30)


async def test_two_workers_with_one_chunk_pay_and_count_once(
    house: HouseUnderTest, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a worker is so slow that its lease runs out: both believe that the run is theirs."""
    monkeypatch.setattr(module, "LEASE", timedelta(0))
    monkeypatch.setattr(module, "CHUNK", 4)
    await started(house, scene, *[1_00] * 30)
    async with beside(house) as other:
        counts = await at_once(*(run_payouts(at) for at in (house, other) * 2))
        while (await PayoutRun.get()).state != "DONE":
            counts += [await run_payouts(house)]
    assert sum(count for count in counts if isinstance(count, int)) == 30
    await assert_all_paid(scene, 30)
