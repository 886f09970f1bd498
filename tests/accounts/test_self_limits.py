"""A holder's own limits: lower at once, higher later, and never passed by anything."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Allowance, Deposit, SelfLimit, Transaction
from models.kinds import DepositState, LimitKind, TransactionType
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.self_limits import self_limits
from services.accounts.set_self_limit import SetLimit, set_self_limit
from services.actors import NotAllowed
from services.allowances import as_of, nothing_used
from services.ledger.command import Answered
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_draw,
    a_key,
    a_scene,
    at_once,
    events,
    house_on,
    refused,
    replayed,
)

DAY, MONTH = LimitKind.PURCHASES_PER_DAY, LimitKind.PURCHASES_PER_MONTH


@pytest_asyncio.fixture
async def scene(house: HouseUnderTest) -> Scene:
    """A player with 100 CNY at a platform."""
    return await a_scene(house)


async def limit(
    house: HouseUnderTest, scene: Scene, kind: LimitKind, limit_minor: int | None
) -> Answered:
    """Set a limit on the scene's account."""
    order = SetLimit(a_key(), scene.account_id, kind, limit_minor, CNY)
    return await set_self_limit(house, scene.player, order)


async def pay_in(house: HouseUnderTest, scene: Scene, amount_minor: int) -> Answered:
    """Put money into the scene's account."""
    order = DepositOrder(a_key(), scene.account_id, amount_minor, CNY)
    return await deposit(house, scene.player, order)


async def used(house: HouseUnderTest, scene: Scene) -> dict[str, int]:
    """Return what is used of each limit that is set."""
    return {row["kind"]: row["used_minor"] for row in await self_limits(house, scene.account_id)}


@pytest.mark.parametrize("kind", [DAY, MONTH])
async def test_a_limit_holds_at_once_and_knows_what_was_bought_before(
    house: HouseUnderTest, scene: Scene, kind: LimitKind
) -> None:
    await scene.buys(house, stakes=(6_00,))
    answered = await limit(house, scene, kind, 10_00)
    assert answered.body["used_minor"] == 6_00
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=4_00):
        await scene.buys(house, stakes=(4_01,))
    await scene.buys(house, stakes=(4_00,))
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=0):
        await scene.buys(house, stakes=(1,))


async def test_a_lower_limit_than_what_is_used_allows_nothing(
    house: HouseUnderTest, scene: Scene
) -> None:
    await scene.buys(house, stakes=(6_00,))
    await limit(house, scene, DAY, 5_00)
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=0):
        await scene.buys(house, stakes=(1,))


async def test_a_higher_limit_waits_a_day(house: HouseUnderTest, scene: Scene) -> None:
    await limit(house, scene, MONTH, 5_00)
    raised = await limit(house, scene, MONTH, 8_00)
    assert raised.body["limit"]["limit_minor"] == 5_00
    house.clock.advance(days=1, seconds=-1)
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=5_00):
        await scene.buys(house, stakes=(6_00,))
    house.clock.advance(seconds=1)
    (shown,) = await self_limits(house, scene.account_id)
    assert (shown["limit_minor"], shown["next_minor"], shown["next_from"]) == (8_00, None, None)
    draw_id = await a_draw(house, scene.centre)
    await scene.buys(house, stakes=(6_00,), draw_id=draw_id)


async def test_giving_a_limit_up_waits_too(house: HouseUnderTest, scene: Scene) -> None:
    await limit(house, scene, DAY, 5_00)
    await limit(house, scene, DAY, None)
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=5_00):
        await scene.buys(house, stakes=(6_00,))
    house.clock.advance(days=1)
    await scene.buys(house, stakes=(60_00,), draw_id=await a_draw(house, scene.centre))


@pytest.mark.parametrize("lower_minor", [5_00, 3_00])
async def test_a_raise_that_waits_is_given_up_by_setting_no_more(
    house: HouseUnderTest, scene: Scene, lower_minor: int
) -> None:
    await limit(house, scene, DAY, 5_00)
    await limit(house, scene, DAY, 50_00)
    await limit(house, scene, DAY, lower_minor)
    house.clock.advance(days=2)
    draw_id = await a_draw(house, scene.centre)
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=lower_minor):
        await scene.buys(house, stakes=(5_01,), draw_id=draw_id)


async def test_what_is_refunded_the_same_day_may_be_spent_again(
    house: HouseUnderTest, scene: Scene
) -> None:
    await limit(house, scene, DAY, 10_00)
    bought = await scene.buys(house, stakes=(10_00,), serials=(None,))
    order = RefundPurchase(a_key(), UUID(bought["transaction"]["id"]), "changed their mind")
    await refund_purchase(house, scene.platform, order)
    assert await used(house, scene) == {DAY: 0}
    await scene.buys(house, stakes=(10_00,))


async def test_deposits_count_from_when_they_are_asked_for(
    house: HouseUnderTest, scene: Scene
) -> None:
    await limit(house, scene, LimitKind.DEPOSITS_PER_DAY, 50_00)
    house.bank.unavailable = True
    await pay_in(house, scene, 30_00)
    house.bank.unavailable = False
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=20_00):
        await pay_in(house, scene, 20_01)
    house.bank.refuses = "no money there"
    with pytest.raises(Refused):
        await pay_in(house, scene, 20_00)
    house.bank.refuses = None
    await pay_in(house, scene, 20_00)
    assert await used(house, scene) == {LimitKind.DEPOSITS_PER_DAY: 50_00}


async def test_parallel_purchases_do_not_pass_together(house: HouseUnderTest, scene: Scene) -> None:
    await limit(house, scene, DAY, 10_00)
    results = await at_once(*(scene.buys(house, stakes=(4_00,)) for _ in range(5)))
    assert sum(isinstance(result, dict) for result in results) == 2
    assert await used(house, scene) == {DAY: 8_00}


async def test_only_the_holder_sets_it_once_and_is_told(
    house: HouseUnderTest, scene: Scene
) -> None:
    key = a_key()
    order = SetLimit(key, scene.account_id, DAY, 5_00, CNY)
    await replayed(lambda: set_self_limit(house, scene.player, order))
    assert (await events())[-1] == ("SELF_LIMIT_SET", f"customer:{scene.player.id}")
    for actor in (scene.platform, scene.operator):
        with pytest.raises(NotAllowed):
            await set_self_limit(house, actor, order)
    other = await a_scene(house)
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await set_self_limit(house, other.player, order)
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        foreign = SetLimit(a_key(), scene.account_id, DAY, 5_00, "JPY")
        await set_self_limit(house, scene.player, foreign)
    assert await SelfLimit.all().count() == 1


@pytest.mark.parametrize(
    ("kept_on", "today", "day", "month"),
    [
        (date(2026, 3, 31), date(2026, 3, 31), 1, 1),
        (date(2026, 3, 30), date(2026, 3, 31), 0, 1),
        (date(2026, 3, 31), date(2026, 4, 1), 0, 0),
        (date(2026, 3, 31), date(2026, 3, 30), 1, 1),  # the clock stepped back over midnight
        (date(2026, 4, 1), date(2026, 3, 31), 1, 1),
        (date(2025, 12, 31), date(2026, 1, 1), 0, 0),
    ],
)
def test_periods_end_with_the_business_day_and_month(
    kept_on: date, today: date, day: int, month: int
) -> None:
    counters = {"purchased_day_minor": 1, "purchased_month_minor": 1}
    kept = nothing_used(UUID(int=1), kept_on) | counters
    now = as_of(kept, today)
    assert (now["purchased_day_minor"], now["purchased_month_minor"]) == (day, month)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(1, 900)),
        st.tuples(st.just("refund"), st.integers(0, 5)),
        st.tuples(st.just("pay in"), st.integers(1, 900)),
        st.tuples(st.just("refused by the bank"), st.integers(1, 900)),
        st.tuples(st.just("limit"), st.integers(0, 1500)),
        st.tuples(st.just("hours pass"), st.integers(1, 40)),
    ),
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
async def test_the_counters_are_what_the_transactions_say(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("limits") / "coffer.db"
    shutil.copyfile(sqlite_template, path)
    async with house_on(f"sqlite://{path}") as house:
        house.clock.now = datetime(2026, 3, 30, 4, tzinfo=UTC)
        scene = await a_scene(house)
        # The scene's own money came past `deposit`, and its draw sells for a day.
        bought: list[UUID] = []
        for step, value in steps:
            await take(house, scene, bought, step, value)
            await check_counters(house, scene)


async def take(
    house: HouseUnderTest, scene: Scene, bought: list[UUID], step: str, value: int
) -> None:
    """Take one step; a refusal is an answer like any other."""
    try:
        if step == "buy":
            body = await scene.buys(house, stakes=(value,), serials=(None,))
            bought.append(UUID(body["transaction"]["id"]))
        elif step == "refund" and value < len(bought):
            order = RefundPurchase(a_key(), bought.pop(value), "why not")
            await refund_purchase(house, scene.platform, order)
        elif step == "pay in":
            await pay_in(house, scene, value)
        elif step == "refused by the bank":
            house.bank.refuses = "no"
            await pay_in(house, scene, value)
        elif step == "limit":
            await limit(house, scene, (DAY, MONTH)[value % 2], value)
        elif step == "hours pass":
            house.clock.advance(hours=value)
    except Refused:
        pass
    finally:
        house.bank.refuses = None


async def check_counters(house: HouseUnderTest, scene: Scene) -> None:
    """Compare the counters with the purchases and deposits, and the limits with the counters."""
    today = house.business_day(house.clock())
    purchases = await Transaction.filter(
        account_id=scene.account_id, type=TransactionType.PURCHASE
    ).values("at", "amount_minor", "refunded_minor")
    deposits = await Deposit.filter(account_id=scene.account_id).exclude(state=DepositState.REFUSED)
    kept = await Allowance.filter(id=scene.account_id).values()
    now = as_of(kept[0], today) if kept else nothing_used(scene.account_id, today)

    def this(at: datetime, period: str) -> bool:
        on = house.business_day(at)
        return on == today if period == "day" else (on.year, on.month) == (today.year, today.month)

    for period in ("day", "month"):
        spent = sum(
            -p["amount_minor"] - p["refunded_minor"] for p in purchases if this(p["at"], period)
        )
        assert now[f"purchased_{period}_minor"] == spent
        paid_in = sum(d.amount_minor for d in deposits if this(d.requested_at, period))
        assert now[f"deposited_{period}_minor"] == paid_in


async def test_a_day_later_there_is_as_much_again(house: HouseUnderTest, scene: Scene) -> None:
    await limit(house, scene, DAY, 5_00)
    await scene.buys(house, stakes=(5_00,))
    # Noon in March; the business day ends at midnight in Shanghai, eleven hours and more later.
    house.clock.advance(hours=11, minutes=59)
    async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=0):
        await scene.buys(house, stakes=(1,))
    house.clock.advance(minutes=1)
    await scene.buys(house, stakes=(5_00,))
    assert house.clock() - timedelta(hours=12) < datetime(2026, 3, 2, 16, tzinfo=UTC)
