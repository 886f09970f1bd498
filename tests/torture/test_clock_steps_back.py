"""A clock that steps back an hour: nothing is given back, nothing revives, and work goes on."""

from datetime import timedelta

import pytest

from app.adapters.local_throttle import LocalThrottle
from app.adapters.redis_throttle import RedisThrottle
from models import BankInstruction, Entry, Line, PayoutRun
from models.kinds import LimitKind, RunState
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.accounts.set_self_limit import SetLimit, set_self_limit
from services.actors import ActorKind
from services.banking.pursue import pursue_open
from services.lottery import run_payouts as payouts
from services.lottery.pay_draw import pay_draw
from services.lottery.run_payouts import run_payouts
from services.people.authenticate import BadCredentials, authenticate_token
from services.people.refresh_session import refresh_session
from services.people.request_password_reset import request_password_reset
from services.people.sign_in import sign_in
from services.people.step_up import step_up
from services.refusals import RefusalCode, Refused
from services.throttling import Rate, Throttle
from tests.factories import (
    CNY,
    NOON,
    HouseUnderTest,
    Scene,
    a_card,
    a_draw,
    a_key,
    a_mandate,
    refused,
    stepped_up,
)
from tests.lottery.conftest import house, scene
from tests.people.access import EMAIL, HOME, PASSWORD, PIN, a_person, mailed
from tests.people.conftest import _cheap_hashes
from tests.people.test_payment_pin import with_pin
from tests.webhooks.helpers import a_webhook, deliver, tell

__all__ = ["_cheap_hashes", "house", "scene"]


def into_the_next_month(house: HouseUnderTest) -> None:
    """Let it be ten minutes after midnight on the first of a month, where business days begin."""
    house.clock.now = NOON.replace(month=4, day=1) - timedelta(hours=11, minutes=50)


async def test_the_times_of_lines_never_fall(house: HouseUnderTest, scene: Scene) -> None:
    await scene.buys(house)
    house.clock.advance(hours=-1)
    await scene.buys(house)
    house.clock.advance(minutes=1)
    await deposit(house, scene.player, DepositOrder(a_key(), scene.account_id, 1_00, CNY))
    for wallet_id in (scene.account_id, scene.platform_id):
        lines = await Line.filter(wallet_id=wallet_id).order_by("number")
        times = [line.at for line in lines]
        assert times == sorted(times)
    assert await Entry.filter(at__gt=house.clock()).exists()


async def test_what_was_used_of_a_day_and_a_month_is_not_given_back(
    house: HouseUnderTest, scene: Scene
) -> None:
    into_the_next_month(house)
    await a_mandate(house, scene.player, scene.account_id, scene.platform, per_day_minor=20_00)
    for kind in (LimitKind.DEPOSITS_PER_DAY, LimitKind.DEPOSITS_PER_MONTH):
        limit = SetLimit(a_key(), scene.account_id, kind, 30_00, CNY)
        await set_self_limit(house, scene.player, limit)
    in_full = DepositOrder(a_key(), scene.account_id, 30_00, CNY)
    one_more = DepositOrder(a_key(), scene.account_id, 1, CNY)
    await deposit(house, scene.player, in_full)
    draw_id = await a_draw(house, scene.centre)
    await scene.buys(house, stakes=[20_00], draw_id=draw_id)
    for hours in (-1, 1):
        house.clock.advance(hours=hours)
        async with refused(house, RefusalCode.SELF_LIMIT_EXCEEDED, "amount"):
            await deposit(house, scene.player, one_more)
        async with refused(house, RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount"):
            await scene.buys(house, stakes=[1], draw_id=draw_id)


async def test_tokens_and_step_ups_that_were_over_stay_over(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await step_up(house, there.actor, PIN, HOME)
    house.clock.advance(minutes=16)
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, there.tokens.token)
    house.clock.advance(hours=-1)
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, there.tokens.token)
    anew = await refresh_session(house, there.tokens.refresh_token, a_key(), HOME)
    actor = await authenticate_token(house.clock, anew.token)
    with pytest.raises(Refused) as caught:
        actor.require_step_up(house.clock())
    assert caught.value.refusal.code is RefusalCode.STEP_UP_REQUIRED
    await step_up(house, actor, PIN, HOME)
    (await authenticate_token(house.clock, anew.token)).require_step_up(house.clock())


async def test_the_bank_is_asked_on(house: HouseUnderTest, scene: Scene) -> None:
    card_id = await a_card(house, scene.player)
    house.bank.unavailable = True
    order = WithdrawalOrder(a_key(), scene.account_id, card_id, 10_00, CNY)
    await request_withdrawal(house, stepped_up(scene.player, house), order)
    assert await pursue_open(house) == 0
    house.clock.advance(hours=-1)
    house.bank.unavailable = False
    assert await pursue_open(house) == 1
    assert not await BankInstruction.filter(ask_at__not_isnull=True).exists()


async def test_a_draw_is_paid_on(
    house: HouseUnderTest, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.wins(house, 1_00, 2_00)
    await pay_draw(house, scene.operator, a_key(), scene.draw_id)

    async def die(*_: object) -> bool:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(payouts, "_note", die)
        with pytest.raises(ConnectionError):
            await run_payouts(house)
    assert await run_payouts(house) == 0
    house.clock.advance(hours=-1)
    assert await run_payouts(house) == 2
    assert (await PayoutRun.get()).state == RunState.DONE


async def test_webhooks_are_told_on(house: HouseUnderTest, scene: Scene) -> None:
    webhook_id = await a_webhook(house, scene.platform)
    await tell(house, scene.platform, 1)
    assert await deliver(house, webhook_id) == 1
    house.clock.advance(hours=-1)
    await tell(house, scene.platform, 2)
    assert await deliver(house, webhook_id) == 1


async def test_mail_is_sent_on(house: HouseUnderTest) -> None:
    await a_person(house)
    await request_password_reset(house, a_key(), EMAIL)
    house.clock.advance(hours=-1)
    assert len(await mailed(house)) == 1


@pytest.mark.parametrize("adapter", ["local", "redis"])
async def test_who_may_try_now_may_try_then(adapter: str, redis_url: str) -> None:
    shared = RedisThrottle(redis_url) if adapter == "redis" else None
    throttle: Throttle = shared or LocalThrottle()
    rate = Rate(3, timedelta(minutes=1))
    for _ in range(3):
        assert await throttle.spend("somebody", rate, NOON) is None
    assert await throttle.spend("somebody", rate, NOON) == timedelta(minutes=1)
    earlier = NOON - timedelta(hours=1)
    for _ in range(3):
        assert await throttle.spend("somebody", rate, earlier) is None
    assert await throttle.spend("somebody", rate, earlier) == timedelta(minutes=1)
    if shared is not None:
        await shared.close()


async def test_people_sign_in_on(house: HouseUnderTest) -> None:
    await a_person(house)
    await sign_in(house, EMAIL, PASSWORD, ActorKind.CUSTOMER, HOME)
    house.clock.advance(hours=-1)
    again = await sign_in(house, EMAIL, PASSWORD, ActorKind.CUSTOMER, HOME)
    actor = await authenticate_token(house.clock, again.token)
    assert actor.kind is ActorKind.CUSTOMER
