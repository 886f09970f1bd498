"""The PIN opens a session for some minutes, and few wrong ones lock it, however they come."""

import pytest

from models import AuditEntry, PaymentPin, Session
from services.actors import Actor, NotAllowed
from services.parameters import ParameterName
from services.people.authenticate import authenticate_token, renewed
from services.people.change_payment_pin import PinChange, change_payment_pin
from services.people.pins import KnownPin, forget_tries
from services.people.sign_out import sign_out
from services.people.step_up import step_up
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_platform,
    at_once,
    beside,
    events,
    id_of,
    refused,
    set_parameter,
)
from tests.people.access import AWAY, HOME, OTHER_PIN, PIN, enter, mailed
from tests.people.test_payment_pin import lock, steps_up, with_pin

WRONG = "280461"


async def now(house: HouseUnderTest, actor: Actor) -> Actor:
    renewed_actor = await renewed(house.clock, actor)
    assert renewed_actor is not None
    return renewed_actor


async def test_the_session_is_stepped_up_for_some_minutes(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    with pytest.raises(Refused) as caught:
        there.actor.require_step_up(house.clock())
    assert caught.value.refusal.code is RefusalCode.STEP_UP_REQUIRED
    await set_parameter(house, ParameterName.STEP_UP_S, 120)
    until = await step_up(house, there.actor, PIN, HOME)
    assert (until - house.clock()).total_seconds() == 120
    with_token = await authenticate_token(house.clock, there.tokens.token)
    for actor in (with_token, await now(house, there.actor)):
        actor.require_step_up(house.clock())
    house.clock.advance(seconds=120)
    with pytest.raises(Refused):
        (await now(house, there.actor)).require_step_up(house.clock())
    assert await AuditEntry.filter(action="stepUp", code=None).exists()


async def test_another_session_is_not(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    elsewhere = await enter(house, AWAY)
    await step_up(house, there.actor, PIN, HOME)
    assert (await now(house, elsewhere.actor)).stepped_up_until is None


async def test_a_session_that_has_ended_is_not(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await sign_out(house, there.actor)
    with pytest.raises(Refused) as caught:
        await step_up(house, there.actor, PIN, HOME)
    assert caught.value.refusal.code is RefusalCode.SESSION_ENDED


async def test_wrong_ones_lock_it_and_the_right_one_is_refused_then(
    house: HouseUnderTest,
) -> None:
    there = await with_pin(house)
    await lock(house, there.actor)
    async with refused(house, RefusalCode.PIN_LOCKED, "pin", retry_after_s=1800):
        await step_up(house, there.actor, PIN, HOME)
    house.clock.advance(minutes=20)
    async with refused(house, RefusalCode.PIN_LOCKED, "currentPin", retry_after_s=600):
        await change_payment_pin(house, there.actor, PinChange(a_key(), PIN, OTHER_PIN), HOME)
    house.clock.advance(minutes=10)
    assert await steps_up(house, there.actor)
    letters = [letter.subject for letter in await mailed(house)]
    assert letters == ["Your payment PIN was set", "Your payment PIN is locked"]
    assert len(await events("customer:")) == 2
    assert await AuditEntry.filter(action="lockPaymentPin", object_id=there.actor.id).exists()
    assert await AuditEntry.filter(action="stepUp", code=RefusalCode.WRONG_PIN).exists()


async def test_after_a_lock_there_are_as_many_tries_again(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await set_parameter(house, ParameterName.PIN_TRIES, 2)
    for _ in range(3):
        for _ in range(2):
            assert not await steps_up(house, there.actor, WRONG)
        with pytest.raises(Refused) as caught:
            await step_up(house, there.actor, PIN, HOME)
        assert caught.value.refusal.code is RefusalCode.PIN_LOCKED
        house.clock.advance(minutes=30)
    subjects = [letter.subject for letter in await mailed(house)]
    assert subjects.count("Your payment PIN is locked") == 3


async def test_the_right_one_lets_the_tries_begin_anew(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    for _ in range(3):
        for _ in range(4):
            assert not await steps_up(house, there.actor, WRONG)
        assert await steps_up(house, there.actor)


async def test_guesses_at_once_in_two_processes_are_no_more_than_the_tries(
    house: HouseUnderTest,
) -> None:
    there = await with_pin(house)
    async with beside(house) as other:
        guesses = [
            step_up(each, there.actor, f"4{number}0813", HOME)
            for number in range(8)
            for each in (house, other)
        ]
        results = await at_once(*guesses)
    codes = [result.refusal.code for result in results if isinstance(result, Refused)]
    assert codes.count(RefusalCode.WRONG_PIN) == 5
    assert codes.count(RefusalCode.PIN_LOCKED) == 11
    assert (await PaymentPin.get()).tries == 5
    assert await AuditEntry.filter(action="lockPaymentPin").count() == 1


async def test_after_the_lock_guesses_at_once_are_no_more_either(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await lock(house, there.actor)
    house.clock.advance(minutes=30)
    guesses = [step_up(house, there.actor, f"4{number}0813", HOME) for number in range(9)]
    results = await at_once(*guesses)
    codes = [result.refusal.code for result in results if isinstance(result, Refused)]
    assert codes.count(RefusalCode.WRONG_PIN) == 5


async def test_nobody_steps_up_behind_a_change_with_the_pin_of_before(
    house: HouseUnderTest,
) -> None:
    there = await with_pin(house)
    before = (await PaymentPin.get()).pin_hash
    await change_payment_pin(house, there.actor, PinChange(a_key(), PIN, OTHER_PIN), HOME)
    assert not await forget_tries(KnownPin(id_of(there.actor), before))
    assert (await Session.get(id=there.actor.credential_id)).stepped_up_until is None


async def test_it_is_for_customers(house: HouseUnderTest) -> None:
    with pytest.raises(NotAllowed):
        await step_up(house, await a_platform(house), PIN)
