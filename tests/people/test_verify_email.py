"""A customer proves the address with the code that the sign-up mailed, or with a later one."""

from functools import partial

import pytest

from models import AuditEntry, Customer
from services.actors import Actor, ActorKind, NotAllowed
from services.people.request_email_verification import request_email_verification
from services.people.sign_up import SignUp, sign_up
from services.people.verify_email import verify_email
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_supervisor,
    id_of,
    refused,
    replayed,
)
from tests.people.access import AWAY, EMAIL, HOME, PASSWORD, a_person, last_code, mailed


async def newcomer(house: HouseUnderTest) -> Actor:
    await sign_up(house, SignUp(a_key(), EMAIL, PASSWORD), AWAY)
    return Actor(ActorKind.CUSTOMER, (await Customer.get(email=EMAIL)).id)


async def is_proved(actor: Actor) -> bool:
    return (await Customer.get(id=id_of(actor))).email_verified_at is not None


async def test_the_code_of_the_sign_up_proves_it(house: HouseUnderTest) -> None:
    customer = await newcomer(house)
    assert not await is_proved(customer)
    code = await last_code(house)
    (letter,) = house.mail.letters
    assert (letter.to, letter.subject) == (EMAIL, "邮箱验证码")
    answered = await replayed_but_for_guesses(house, customer, code)
    assert answered["customer"]["email"] == EMAIL
    assert await is_proved(customer)
    assert (await AuditEntry.get(action="verifyEmail")).principal == customer.principal
    async with refused(house, RefusalCode.EMAIL_VERIFIED_ALREADY):
        await request_email_verification(house, customer, a_key())


async def replayed_but_for_guesses(
    house: HouseUnderTest, customer: Actor, code: str
) -> dict[str, dict[str, str]]:
    """Prove twice with one key: the second answer is the first one."""
    key = a_key()
    first = await verify_email(house, customer, key, code, HOME)
    again = await verify_email(house, customer, key, code, HOME)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.body == again.body
    return first.body


async def test_of_two_codes_the_newer_is_good(house: HouseUnderTest) -> None:
    customer = await newcomer(house)
    older = await last_code(house)
    await replayed(partial(request_email_verification, house, customer, a_key(), HOME))
    newer = await last_code(house)
    with pytest.raises(Refused) as caught:
        await verify_email(house, customer, a_key(), older)
    assert caught.value.refusal.code is RefusalCode.CODE_WRONG
    await verify_email(house, customer, a_key(), newer)
    assert await is_proved(customer)


async def test_another_customers_code_is_wrong(house: HouseUnderTest) -> None:
    await newcomer(house)
    code = await last_code(house)
    other = await a_person(house, "hong@example.com", proved=False)
    async with refused(house, RefusalCode.CODE_WRONG, "code"):
        await verify_email(house, other, a_key(), code)
    assert await AuditEntry.filter(action="verifyEmail", code=RefusalCode.CODE_WRONG).exists()


async def test_a_code_is_good_for_a_day(house: HouseUnderTest) -> None:
    customer = await newcomer(house)
    code = await last_code(house)
    house.clock.advance(days=1)
    with pytest.raises(Refused):
        await verify_email(house, customer, a_key(), code)
    assert not await is_proved(customer)


async def test_the_mailbox_is_not_flooded(house: HouseUnderTest) -> None:
    customer = await newcomer(house)
    for _ in range(3):
        await request_email_verification(house, customer, a_key(), HOME)
    async with refused(house, RefusalCode.THROTTLED):
        await request_email_verification(house, customer, a_key(), HOME)
    assert len(await mailed(house)) == 4


async def test_the_staff_have_nothing_to_prove(house: HouseUnderTest) -> None:
    supervisor = await a_supervisor(house)
    with pytest.raises(NotAllowed):
        await request_email_verification(house, supervisor, a_key())
    with pytest.raises(NotAllowed):
        await verify_email(house, supervisor, a_key(), "12345678")
