"""A revoked key opens nothing from that moment on."""

import pytest

from models import AuditEntry
from models.kinds import PartnerKind
from services.partners.create_partner import create_partner
from services.partners.revoke_api_key import revoke_api_key
from services.people.authenticate import (
    BadCredentials,
    authenticate_api_key,
    ended_keys,
    still_valid,
)
from tests.factories import HouseUnderTest, a_key, an_operator, dump, replayed


async def test_it_opens_nothing_any_more_and_its_sockets_are_not_kept(
    house: HouseUnderTest,
) -> None:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    platform = await authenticate_api_key(house.clock, secret)
    key_id, key = platform.credential_id, a_key()
    assert key_id is not None
    assert await ended_keys(house.clock, [key_id]) == set()
    operator = await an_operator(house)
    answered = await replayed(lambda: revoke_api_key(house, operator, key, key_id, "it leaked"))
    assert answered.body["api_key"]["revoked_at"] == house.clock().isoformat()
    assert await ended_keys(house.clock, [key_id]) == {key_id}
    assert not await still_valid(house.clock, platform)
    with pytest.raises(BadCredentials):
        await authenticate_api_key(house.clock, secret)
    entry = await AuditEntry.get(action="revokeApiKey")
    assert (entry.object_id, entry.reason) == (key_id, "it leaked")


async def test_a_partner_revokes_even_the_key_that_it_calls_with(house: HouseUnderTest) -> None:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    platform = await authenticate_api_key(house.clock, secret)
    assert platform.credential_id is not None
    await revoke_api_key(house, platform, a_key(), platform.credential_id)
    with pytest.raises(BadCredentials):
        await authenticate_api_key(house.clock, secret)


async def test_what_is_revoked_already_stays_as_it_is(house: HouseUnderTest) -> None:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    operator = await an_operator(house)
    key_id = (await authenticate_api_key(house.clock, secret)).credential_id
    assert key_id is not None
    first = await revoke_api_key(house, operator, a_key(), key_id)
    house.clock.advance(days=1)
    before = await dump()
    assert (await revoke_api_key(house, operator, a_key(), key_id)).body == first.body
    assert await dump() == before
