"""Rotating a key: both are good for a while, so nothing stands still."""

from datetime import timedelta
from uuid import UUID

import pytest

from models import ApiKey, AuditEntry
from models.kinds import ApiKeyScope, PartnerKind
from services.actors import SYSTEM, Actor, NotAllowed
from services.partners.create_api_key import KeyMade
from services.partners.create_partner import create_partner
from services.partners.keys import MOST_GOOD
from services.partners.revoke_api_key import revoke_api_key
from services.partners.rotate_api_key import RotateApiKey, rotate_api_key
from services.people.authenticate import BadCredentials, authenticate_api_key
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    an_operator,
    limited,
    new_id,
    refused,
)


async def a_keyed_platform(house: HouseUnderTest) -> tuple[Actor, str]:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    return await authenticate_api_key(house.clock, secret), secret


def id_in(made: KeyMade) -> UUID:
    return UUID(made.answered.body["api_key"]["id"])


def own_key(actor: Actor) -> UUID:
    assert actor.credential_id is not None
    return actor.credential_id


async def test_the_old_key_goes_on_until_the_moment_that_was_asked_for(
    house: HouseUnderTest,
) -> None:
    platform, secret = await a_keyed_platform(house)
    until = house.clock() + timedelta(days=3)
    request = RotateApiKey(a_key(), own_key(platform), old_until=until)
    made = await rotate_api_key(house, platform, request)
    assert made.secret is not None
    successor = await authenticate_api_key(house.clock, made.secret)
    assert (successor.scopes, successor.credential_id) == (platform.scopes, id_in(made))
    old = made.answered.body["old"]
    assert (old["replaced_by_id"], old["expires_at"]) == (str(id_in(made)), until.isoformat())
    house.clock.now = until - timedelta(seconds=1)
    assert (await authenticate_api_key(house.clock, secret)).id == platform.id
    house.clock.now = until
    with pytest.raises(BadCredentials):
        await authenticate_api_key(house.clock, secret)
    assert (await authenticate_api_key(house.clock, made.secret)).id == platform.id
    assert await AuditEntry.filter(action="rotateApiKey", object_id=platform.credential_id).exists()


async def test_a_replay_has_no_secret(house: HouseUnderTest) -> None:
    platform, _ = await a_keyed_platform(house)
    request = RotateApiKey(a_key(), own_key(platform))
    made = await rotate_api_key(house, platform, request)
    again = await rotate_api_key(house, platform, request)
    assert (again.answered.replayed, again.secret) == (True, None)
    assert again.answered.body == made.answered.body


async def test_it_lives_no_longer_by_being_rotated(house: HouseUnderTest) -> None:
    platform, _ = await a_keyed_platform(house)
    soon = house.clock() + timedelta(hours=1)
    await ApiKey.filter(id=platform.credential_id).update(expires_at=soon)
    request = RotateApiKey(a_key(), own_key(platform), old_until=soon + timedelta(days=2))
    made = await rotate_api_key(house, platform, request)
    assert made.answered.body["old"]["expires_at"] == soon.isoformat()


@pytest.mark.parametrize("days", [-1, 31])
async def test_refuses_a_past_or_distant_end(house: HouseUnderTest, days: int) -> None:
    platform, _ = await a_keyed_platform(house)
    until = house.clock() + timedelta(days=days)
    async with refused(house, RefusalCode.EXPIRY_OUT_OF_RANGE, "oldUntil"):
        request = RotateApiKey(a_key(), own_key(platform), old_until=until)
        await rotate_api_key(house, platform, request)


async def test_refuses_what_has_ended_or_has_a_successor(house: HouseUnderTest) -> None:
    platform, _ = await a_keyed_platform(house)
    made = await rotate_api_key(house, platform, RotateApiKey(a_key(), own_key(platform)))
    async with refused(house, RefusalCode.API_KEY_REPLACED, "apiKeyId"):
        await rotate_api_key(house, platform, RotateApiKey(a_key(), own_key(platform)))
    await revoke_api_key(house, platform, a_key(), id_in(made))
    async with refused(house, RefusalCode.API_KEY_ENDED, "apiKeyId"):
        await rotate_api_key(house, platform, RotateApiKey(a_key(), id_in(made)))


async def test_no_key_gets_the_secret_of_one_that_may_do_more(house: HouseUnderTest) -> None:
    platform, _ = await a_keyed_platform(house)
    narrow = limited(platform, ApiKeyScope.MANAGE_KEYS)
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "apiKeyId"):
        await rotate_api_key(house, narrow, RotateApiKey(a_key(), own_key(platform)))


async def test_good_keys_stay_bounded(house: HouseUnderTest) -> None:
    _, _ = await a_keyed_platform(house)
    key_id = UUID(str((await ApiKey.get()).id))
    for _ in range(MOST_GOOD - 1):
        key_id = id_in(await rotate_api_key(house, SYSTEM, RotateApiKey(a_key(), key_id)))
    async with refused(house, RefusalCode.TOO_MANY_API_KEYS):
        await rotate_api_key(house, SYSTEM, RotateApiKey(a_key(), key_id))


async def test_keys_of_others_are_not_there(house: HouseUnderTest) -> None:
    platform, _ = await a_keyed_platform(house)
    other = await a_platform(house)
    for key_id in (own_key(platform), new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "apiKeyId"):
            await rotate_api_key(house, other, RotateApiKey(a_key(), key_id))
        async with refused(house, RefusalCode.NOT_FOUND, "apiKeyId"):
            await revoke_api_key(house, other, a_key(), key_id)
    for caller in (await a_customer(house), limited(platform, ApiKeyScope.READ)):
        with pytest.raises(NotAllowed):
            await rotate_api_key(house, caller, RotateApiKey(a_key(), own_key(platform)))
        with pytest.raises(NotAllowed):
            await revoke_api_key(house, caller, a_key(), own_key(platform))
    await rotate_api_key(house, await an_operator(house), RotateApiKey(a_key(), own_key(platform)))
