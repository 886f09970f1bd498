"""Thousands are asked about with one look, and nobody is let in for long after their end."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models import ApiKey, Session
from models.kinds import SessionState
from services.actors import SYSTEM, Actor
from services.clock import Clock
from services.partners.revoke_api_key import revoke_api_key
from services.people import still_in
from services.people.authenticate import ended_lately
from services.people.sign_out import sign_out
from services.people.still_in import GOOD_FOR_S, StillIn
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    a_session,
    a_supervisor,
    id_of,
)


class Seconds:
    """Seconds that a test turns on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


async def signed_in(house: HouseUnderTest, actor: Actor) -> Actor:
    """Return somebody with a session."""
    return replace(actor, credential_id=await a_session(house, actor))


async def with_key(house: HouseUnderTest) -> Actor:
    """Return a platform that calls with its first key."""
    platform = await a_platform(house)
    key = await ApiKey.get(partner_id=id_of(platform))
    return replace(platform, credential_id=key.id)


async def test_whoever_is_signed_out_is_out(house: HouseUnderTest, seconds: Seconds) -> None:
    still = StillIn(seconds)
    customer = await signed_in(house, await a_customer(house))
    supervisor = await signed_in(house, await a_supervisor(house))
    assert await still(house.clock, customer)
    for actor in (customer, supervisor):
        await sign_out(house, actor)
    seconds.now_s += GOOD_FOR_S
    assert not await still(house.clock, customer)
    assert not await still(house.clock, supervisor)
    assert await still(house.clock, await signed_in(house, customer))
    assert await still(house.clock, SYSTEM)


async def test_a_key_that_is_revoked_is_dead(house: HouseUnderTest, seconds: Seconds) -> None:
    still = StillIn(seconds)
    platform = await with_key(house)
    assert await still(house.clock, platform)
    assert platform.credential_id is not None
    await revoke_api_key(house, platform, a_key(), platform.credential_id)
    seconds.now_s += GOOD_FOR_S
    assert not await still(house.clock, platform)


async def test_what_expires_is_over(house: HouseUnderTest, seconds: Seconds) -> None:
    still = StillIn(seconds)
    customer, platform = await signed_in(house, await a_customer(house)), await with_key(house)
    soon = house.clock() + timedelta(seconds=5)
    await Session.all().update(expires_at=soon)
    await ApiKey.filter(id=platform.credential_id).update(expires_at=soon)
    assert await still(house.clock, customer)
    house.clock.advance(seconds=5)
    seconds.now_s += GOOD_FOR_S
    assert not await still(house.clock, customer)
    assert not await still(house.clock, platform)


async def test_one_look_serves_everybody_for_a_moment(
    house: HouseUnderTest, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def look(clock: Clock) -> object:
        nonlocal looks
        looks += 1
        return await ended_lately(clock)

    monkeypatch.setattr(still_in, "ended_lately", look)
    still = StillIn(seconds)
    customer = await signed_in(house, await a_customer(house))
    assert all(await asyncio.gather(*(still(house.clock, customer) for _ in range(1_000))))
    assert looks == 1
    seconds.now_s += GOOD_FOR_S / 2
    await Session.all().update(state=SessionState.ENDED, ended_at=house.clock())
    assert await still(house.clock, customer)
    seconds.now_s += GOOD_FOR_S
    assert not await still(house.clock, customer)
    assert looks == 2


async def test_a_look_that_fails_is_made_again(
    house: HouseUnderTest, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Clock) -> object:
        raise ConnectionError

    still = StillIn(seconds)
    with monkeypatch.context() as patch:
        patch.setattr(still_in, "ended_lately", away)
        with pytest.raises(ConnectionError):
            await still(house.clock, SYSTEM)
    assert await still(house.clock, SYSTEM)
