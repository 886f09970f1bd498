"""Signing in gives a short token for a session; signing out ends both at once."""

from uuid import UUID

import pytest
from argon2 import PasswordHasher

from models import ApiKey, Customer, Session
from models.kinds import PartnerKind
from services.actors import Actor, NotAllowed
from services.partners.create_partner import create_partner
from services.people.authenticate import (
    BadCredentials,
    authenticate_api_key,
    authenticate_token,
    still_valid,
)
from services.people.sign_in import sign_in
from services.people.sign_out import sign_out
from services.people.sign_up import SignUp, sign_up
from services.refusals import RefusalCode
from tests.factories import HouseUnderTest, a_key, a_platform, dump, refused

EMAIL, PASSWORD = "ming@example.com", "correct horse battery"


async def signed_in(house: HouseUnderTest) -> tuple[str, Actor]:
    """Sign up and in; return the token and who calls with it."""
    await sign_up(house, SignUp(a_key(), EMAIL, PASSWORD))
    token = (await sign_in(house, EMAIL, PASSWORD)).token
    return token, await authenticate_token(house.clock, token)


async def test_the_token_says_who_calls(house: HouseUnderTest) -> None:
    token, actor = await signed_in(house)
    assert actor.id == (await Customer.get(email=EMAIL)).id
    session = await Session.get(id=actor.credential_id)
    assert token not in str(await dump())
    assert session.token_expires_at > house.clock()


async def test_both_wrongs_are_refused_alike(house: HouseUnderTest) -> None:
    await sign_up(house, SignUp(a_key(), EMAIL, PASSWORD))
    for email, password in ((EMAIL, "wrong password"), ("nobody@example.com", PASSWORD)):
        async with refused(house, RefusalCode.SIGN_IN_FAILED):
            await sign_in(house, email, password)


async def test_a_weaker_hash_is_made_anew(house: HouseUnderTest) -> None:
    await sign_up(house, SignUp(a_key(), EMAIL, PASSWORD))
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await Customer.filter(email=EMAIL).update(password_hash=weak)
    await sign_in(house, EMAIL, PASSWORD)
    assert (await Customer.get(email=EMAIL)).password_hash != weak
    await sign_in(house, EMAIL, PASSWORD)


async def test_the_token_is_short_and_the_session_outlives_it(house: HouseUnderTest) -> None:
    token, actor = await signed_in(house)
    house.clock.advance(hours=1)
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, token)
    assert await still_valid(house.clock, actor)
    house.clock.advance(days=30)
    assert not await still_valid(house.clock, actor)


async def test_signing_out_ends_token_and_session(house: HouseUnderTest) -> None:
    token, actor = await signed_in(house)
    await sign_out(house, actor)
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, token)
    assert not await still_valid(house.clock, actor)


async def test_signing_out_ends_that_session_alone(house: HouseUnderTest) -> None:
    _, actor = await signed_in(house)
    other = (await sign_in(house, EMAIL, PASSWORD)).token
    await sign_out(house, actor)
    await authenticate_token(house.clock, other)


async def test_partners_do_not_sign_out(house: HouseUnderTest) -> None:
    with pytest.raises(NotAllowed):
        await sign_out(house, await a_platform(house))


async def test_an_api_key_says_who_calls_until_it_is_revoked(house: HouseUnderTest) -> None:
    partner, key = await create_partner(house, PartnerKind.LOTTERY_CENTRE, "Centre", "CNY")
    actor = await authenticate_api_key(house.clock, key)
    assert (actor.id, actor.partner_kind) == (UUID(str(partner["id"])), "LOTTERY_CENTRE")
    assert key not in str(await dump())
    assert await still_valid(house.clock, actor)
    await ApiKey.filter(partner_id=actor.id).update(revoked_at=house.clock())
    assert not await still_valid(house.clock, actor)
    for wrong in (key, key + "x", ""):
        with pytest.raises(BadCredentials):
            await authenticate_api_key(house.clock, wrong)
