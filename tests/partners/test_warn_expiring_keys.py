"""A partner is told a week ahead that a key expires, once."""

from datetime import timedelta
from uuid import UUID

from models import ApiKey
from models.kinds import ApiKeyScope
from services.partners.create_api_key import CreateApiKey, create_api_key
from services.partners.revoke_api_key import revoke_api_key
from services.partners.rotate_api_key import RotateApiKey, rotate_api_key
from services.partners.warn_expiring_keys import AHEAD, warn_expiring_keys
from tests.factories import HouseUnderTest, a_key, a_platform, beside, events, id_of


async def test_tells_once_and_in_time(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    expires_at = (await ApiKey.get()).expires_at
    house.clock.now = expires_at - AHEAD - timedelta(seconds=1)
    assert await warn_expiring_keys(house) == 0
    house.clock.now = expires_at - AHEAD
    async with beside(house) as other:
        for at in (house, other, house):
            await warn_expiring_keys(at)
    assert await events() == [("API_KEY_EXPIRING", f"partner:{id_of(platform)}")]
    assert await warn_expiring_keys(house) == 0


async def test_says_nothing_of_keys_that_were_seen_to(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    key = await ApiKey.get()
    soon = house.clock() + timedelta(days=2)
    scopes = frozenset({ApiKeyScope.READ})
    made = [
        await create_api_key(
            house, platform, CreateApiKey(a_key(), "short", scopes, expires_at=soon)
        )
        for _ in range(2)
    ]
    await rotate_api_key(house, platform, RotateApiKey(a_key(), key.id))
    revoked_id = UUID(made[0].answered.body["api_key"]["id"])
    await revoke_api_key(house, platform, a_key(), revoked_id)
    assert await warn_expiring_keys(house) == 1
    house.clock.advance(days=3)
    assert await warn_expiring_keys(house) == 0
    assert len(await events()) == 1
