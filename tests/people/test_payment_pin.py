"""The payment PIN is set by the password, changed by itself, and recovered by mail and password."""

from functools import partial

import pytest

from models import Account, Answer, AuditEntry, PaymentPin, Profile
from services.actors import Actor, NotAllowed
from services.origin import Origin
from services.people.authenticate import authenticate_token
from services.people.change_payment_pin import PinChange, change_payment_pin
from services.people.request_payment_pin_reset import request_payment_pin_reset
from services.people.reset_payment_pin import PinReset, reset_payment_pin
from services.people.set_payment_pin import FirstPin, set_payment_pin
from services.people.step_up import step_up
from services.refusals import RefusalCode, Refused
from services.vault import Purpose
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_supervisor,
    an_account,
    at_once,
    dump,
    events,
    id_of,
    refused,
    replayed,
)
from tests.people.access import (
    AWAY,
    EMAIL,
    HOME,
    OTHER_PASSWORD,
    OTHER_PIN,
    PASSWORD,
    PIN,
    Entered,
    a_person,
    enter,
    last_code,
    mailed,
)


async def with_pin(house: HouseUnderTest, origin: Origin = HOME) -> Entered:
    """Sign somebody in who has a PIN."""
    await a_person(house)
    there = await enter(house, origin)
    await set_payment_pin(house, there.actor, FirstPin(a_key(), PASSWORD, PIN), origin)
    return there


async def steps_up(house: HouseUnderTest, actor: Actor, pin: str = PIN) -> bool:
    try:
        await step_up(house, actor, pin, HOME)
    except Refused as caught:
        assert caught.refusal.code is RefusalCode.WRONG_PIN  # noqa: PT017 - a helper of tests
        return False
    return True


async def lock(house: HouseUnderTest, actor: Actor) -> None:
    for _ in range(5):
        assert not await steps_up(house, actor, OTHER_PIN)


async def test_it_is_set_once_by_the_password(house: HouseUnderTest) -> None:
    await a_person(house)
    there = await enter(house)
    first = FirstPin(a_key(), PASSWORD, PIN)
    await replayed(partial(set_payment_pin, house, there.actor, first, HOME))
    async with refused(house, RefusalCode.PIN_SET_ALREADY):
        await set_payment_pin(house, there.actor, FirstPin(a_key(), PASSWORD, OTHER_PIN), HOME)
    assert await steps_up(house, there.actor)
    assert [letter.subject for letter in await mailed(house)] == ["Your payment PIN was set"]
    assert await events() == [("SECURITY_NOTICE", f"customer:{there.actor.id}")]


async def test_a_stolen_token_sets_none(house: HouseUnderTest) -> None:
    await a_person(house)
    there = await enter(house)
    async with refused(house, RefusalCode.WRONG_PASSWORD, "password"):
        await set_payment_pin(house, there.actor, FirstPin(a_key(), OTHER_PASSWORD, PIN), AWAY)


async def test_two_first_ones_at_once_are_one(house: HouseUnderTest) -> None:
    await a_person(house)
    there = await enter(house)
    asked = (
        set_payment_pin(house, there.actor, FirstPin(a_key(), PASSWORD, pin), HOME)
        for pin in (PIN, OTHER_PIN)
    )
    results = await at_once(*asked)
    assert sum(isinstance(result, Refused) for result in results) == 1


async def test_the_date_of_birth_is_not_taken(house: HouseUnderTest) -> None:
    await a_person(house)
    there = await enter(house)
    await an_account(house, there.actor)
    account = await Account.get(customer_id=id_of(there.actor))
    born = house.vault.seal(Purpose.BIRTH_DATE, "1990-03-17")
    await Profile.filter(id=account.id).update(birth_date_sealed=born)
    for pin in ("900317", "170390"):
        async with refused(house, RefusalCode.WEAK_PIN, "pin"):
            await set_payment_pin(house, there.actor, FirstPin(a_key(), PASSWORD, pin), HOME)


async def test_it_is_changed_by_the_present_one(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await step_up(house, there.actor, PIN, HOME)
    change = PinChange(a_key(), PIN, OTHER_PIN)
    await change_payment_pin(house, there.actor, change, HOME)
    assert (await change_payment_pin(house, there.actor, change, HOME)).replayed
    # Whoever stepped up with the one before has to do it again.
    now = await authenticate_token(house.clock, there.tokens.token)
    assert now.stepped_up_until is None
    assert not await steps_up(house, there.actor, PIN)
    assert await steps_up(house, there.actor, OTHER_PIN)


async def test_a_wrong_one_changes_nothing_and_counts(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    with pytest.raises(Refused) as caught:
        await change_payment_pin(house, there.actor, PinChange(a_key(), OTHER_PIN, PIN), HOME)
    assert caught.value.refusal.code is RefusalCode.WRONG_PIN
    assert (await PaymentPin.get()).tries == 1
    assert await steps_up(house, there.actor)
    assert (await PaymentPin.get()).tries == 0


async def test_whoever_forgot_it_recovers_it_by_mail_and_password(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    await lock(house, there.actor)
    await replayed(partial(request_payment_pin_reset, house, there.actor, a_key(), HOME))
    code = await last_code(house)
    for given, expected in (
        (PinReset(a_key(), "00000000", PASSWORD, OTHER_PIN), RefusalCode.CODE_WRONG),
        (PinReset(a_key(), code, OTHER_PASSWORD, OTHER_PIN), RefusalCode.WRONG_PASSWORD),
    ):
        with pytest.raises(Refused) as caught:
            await reset_payment_pin(house, there.actor, given, HOME)
        assert caught.value.refusal.code is expected
    given = PinReset(a_key(), code, PASSWORD, OTHER_PIN)
    await reset_payment_pin(house, there.actor, given, HOME)
    assert (await reset_payment_pin(house, there.actor, given, HOME)).replayed
    assert await steps_up(house, there.actor, OTHER_PIN)
    assert [letter.to for letter in await mailed(house)] == [EMAIL] * 4
    with pytest.raises(Refused):
        await reset_payment_pin(house, there.actor, PinReset(a_key(), code, PASSWORD, PIN), HOME)


async def test_recovery_rests_on_an_address_that_is_proved(house: HouseUnderTest) -> None:
    await a_person(house, proved=False)
    there = await enter(house)
    async with refused(house, RefusalCode.EMAIL_NOT_VERIFIED):
        await request_payment_pin_reset(house, there.actor, a_key(), HOME)


async def test_without_a_pin_there_is_none_to_recover_change_or_give(
    house: HouseUnderTest,
) -> None:
    await a_person(house)
    there = await enter(house)
    async with refused(house, RefusalCode.PIN_NOT_SET):
        await request_payment_pin_reset(house, there.actor, a_key(), HOME)
    async with refused(house, RefusalCode.PIN_NOT_SET):
        await change_payment_pin(house, there.actor, PinChange(a_key(), PIN, OTHER_PIN), HOME)
    async with refused(house, RefusalCode.PIN_NOT_SET):
        await step_up(house, there.actor, PIN, HOME)


async def test_no_pin_is_kept(house: HouseUnderTest) -> None:
    there = await with_pin(house)
    change = PinChange(a_key(), PIN, OTHER_PIN)
    await change_payment_pin(house, there.actor, change, HOME)
    kept = str(await dump()) + str(await Answer.all().values())
    kept += str(await AuditEntry.all().values()) + repr(change)
    assert "'pin_hash': '$argon2id$" in kept
    for secret in (PIN, OTHER_PIN, PASSWORD):
        assert f'"{secret}"' not in kept
        assert f"'{secret}'" not in kept
    assert {entry.action for entry in await AuditEntry.all()} == {
        "setPaymentPin",
        "changePaymentPin",
    }


async def test_it_is_for_customers(house: HouseUnderTest) -> None:
    supervisor = await a_supervisor(house)
    with pytest.raises(NotAllowed):
        await set_payment_pin(house, supervisor, FirstPin(a_key(), PASSWORD, PIN))
    with pytest.raises(NotAllowed):
        await change_payment_pin(house, supervisor, PinChange(a_key(), PIN, OTHER_PIN))
    with pytest.raises(NotAllowed):
        await request_payment_pin_reset(house, supervisor, a_key())
    with pytest.raises(NotAllowed):
        await reset_payment_pin(house, supervisor, PinReset(a_key(), "1", PASSWORD, PIN))
