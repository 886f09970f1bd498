"""A customer signs up once for each e-mail address; the password is kept as a hash alone."""

from functools import partial

from models import Answer, Customer
from services.people.sign_up import SignUp, sign_up
from services.refusals import RefusalCode
from tests.factories import HouseUnderTest, a_key, dump, refused, replayed

PASSWORD = "correct horse battery"


async def test_makes_a_customer(house: HouseUnderTest) -> None:
    request = SignUp(a_key(), " Ming@Example.com ", PASSWORD)
    answered = await replayed(partial(sign_up, house, request))
    customer = await Customer.get(id=answered.body["customer"]["id"])
    assert customer.email == "ming@example.com"
    assert customer.password_hash.startswith("$argon2id$")


async def test_an_address_is_taken_once(house: HouseUnderTest) -> None:
    await sign_up(house, SignUp(a_key(), "ming@example.com", PASSWORD))
    async with refused(house, RefusalCode.EMAIL_TAKEN, "email"):
        await sign_up(house, SignUp(a_key(), "MING@example.com", PASSWORD))


async def test_two_strangers_may_choose_the_same_key(house: HouseUnderTest) -> None:
    key = a_key()
    first = await sign_up(house, SignUp(key, "ming@example.com", PASSWORD))
    second = await sign_up(house, SignUp(key, "hong@example.com", PASSWORD))
    assert not second.replayed
    assert first.body != second.body


async def test_nothing_that_is_kept_tells_the_password(house: HouseUnderTest) -> None:
    request = SignUp(a_key(), "ming@example.com", PASSWORD)
    await sign_up(house, request)
    kept = str(await dump()) + str(await Answer.all().values())
    assert PASSWORD not in kept
    # Were the password in the fingerprint of the arguments, it could be guessed offline.
    again = await sign_up(house, SignUp(request.key, request.email, "another password"))
    assert again.replayed
