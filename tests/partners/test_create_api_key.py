"""An API key is shown once, and gives no more than its maker has."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from models import Answer, ApiKey, AuditEntry, FeedEvent
from models.kinds import SCOPES, ApiKeyScope, PartnerKind, Permission
from services.actors import SYSTEM, Actor, NotAllowed, ScopeMissing
from services.partners.create_api_key import CreateApiKey, create_api_key
from services.partners.create_partner import create_partner
from services.partners.keys import MOST_KEYS
from services.partners.revoke_api_key import revoke_api_key
from services.partners.suspend import suspend_partner
from services.people.authenticate import BadCredentials, authenticate_api_key
from services.refusals import RefusalCode
from tests.factories import (
    HouseUnderTest,
    a_centre,
    a_customer,
    a_key,
    a_platform,
    a_supervisor,
    an_operator,
    at_once,
    beside,
    dump,
    id_of,
    limited,
    new_id,
    refused,
)

READ = frozenset({ApiKeyScope.READ})


def wanted(**changes: object) -> CreateApiKey:
    request = CreateApiKey(a_key(), "reporting", READ)
    return replace(request, **changes)  # type: ignore[arg-type]  # fields of the request


async def test_makes_a_key_that_opens_what_it_says(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    made = await create_api_key(house, platform, wanted())
    assert made.secret is not None
    actor = await authenticate_api_key(house.clock, made.secret)
    shown = made.answered.body["api_key"]
    assert (actor.id, actor.scopes, str(actor.credential_id)) == (
        platform.id,
        READ,
        shown["id"],
    )
    assert shown["prefix"] == made.secret[: len("coffer_") + 6]
    assert shown["expires_at"] == (house.clock() + timedelta(days=365)).isoformat()
    entry = await AuditEntry.get(action="createApiKey")
    assert (str(entry.object_id), entry.outcome) == (shown["id"], "ALLOWED")


async def test_keeps_nothing_of_the_secret_and_a_replay_has_none(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    request = wanted()
    made = await create_api_key(house, platform, request)
    assert made.secret is not None
    again = await create_api_key(house, platform, request)
    assert again.answered.replayed
    assert again.answered.body == made.answered.body
    assert again.secret is None
    kept = repr([await dump(), *[await m.all().values() for m in (Answer, AuditEntry, FeedEvent)]])
    assert made.secret.removeprefix("coffer_") not in kept
    assert sha256(made.secret.encode()).hexdigest() in kept
    assert sha256(made.secret.encode()).hexdigest() not in repr(await Answer.all().values())


async def test_no_key_gives_more_than_it_has(house: HouseUnderTest) -> None:
    platform = limited(await a_platform(house), ApiKeyScope.MANAGE_KEYS, ApiKeyScope.READ)
    await create_api_key(house, platform, wanted(scopes=platform.scopes))
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "scopes"):
        await create_api_key(house, platform, wanted(scopes=READ | {ApiKeyScope.SELL}))


@pytest.mark.parametrize("kind", PartnerKind)
async def test_no_key_has_a_scope_that_its_kind_of_partner_has_not(
    house: HouseUnderTest, kind: PartnerKind
) -> None:
    partner, _ = await create_partner(house, kind, "Fortune Ltd", "CNY")
    partner_id = UUID(partner["id"])
    operator = await an_operator(house, Permission.MANAGE_PARTNERS)
    for scope in ApiKeyScope:
        request = wanted(scopes=frozenset({scope}), partner_id=partner_id)
        if scope in SCOPES[kind]:
            await create_api_key(house, operator, request)
        else:
            async with refused(house, RefusalCode.SCOPE_NOT_OF_KIND, "scopes"):
                await create_api_key(house, operator, request)


async def test_operators_make_keys_for_a_partner_that_they_name(house: HouseUnderTest) -> None:
    centre = await a_centre(house)
    operator = await an_operator(house, Permission.MANAGE_PARTNERS)
    for caller in (operator, SYSTEM):
        made = await create_api_key(house, caller, wanted(partner_id=centre.id))
        assert made.answered.body["api_key"]["created_by"] == caller.principal
        assert made.secret is not None
        assert (await authenticate_api_key(house.clock, made.secret)).id == centre.id
        async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
            await create_api_key(house, caller, wanted(partner_id=new_id()))
        async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
            await create_api_key(house, caller, wanted())


async def test_a_partner_makes_keys_for_nobody_else(house: HouseUnderTest) -> None:
    platform, other = await a_platform(house), await a_platform(house)
    async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
        await create_api_key(house, platform, wanted(partner_id=id_of(other)))


async def test_refuses_who_may_not(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    others = set(Permission) - {Permission.MANAGE_PARTNERS}
    callers: list[Actor] = [
        await a_customer(house),
        await a_supervisor(house),
        await an_operator(house, *others),
    ]
    for caller in callers:
        with pytest.raises(NotAllowed):
            await create_api_key(house, caller, wanted(partner_id=id_of(platform)))
    narrow = limited(platform, *set(ApiKeyScope) - {ApiKeyScope.MANAGE_KEYS})
    with pytest.raises(ScopeMissing) as missing:
        await create_api_key(house, narrow, wanted())
    assert missing.value.scope is ApiKeyScope.MANAGE_KEYS


async def test_a_key_that_was_revoked_meanwhile_makes_none(house: HouseUnderTest) -> None:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    actor = await authenticate_api_key(house.clock, secret)
    assert actor.credential_id is not None
    await revoke_api_key(house, SYSTEM, a_key(), actor.credential_id)
    before = await dump()
    with pytest.raises(NotAllowed):
        await create_api_key(house, actor, wanted())
    assert await dump() == before


async def test_a_suspended_partner_makes_none_and_the_house_does(house: HouseUnderTest) -> None:
    platform, operator = await a_platform(house), await an_operator(house)
    await suspend_partner(house, operator, a_key(), id_of(platform))
    async with refused(house, RefusalCode.PARTNER_SUSPENDED):
        await create_api_key(house, platform, wanted())
    await create_api_key(house, operator, wanted(partner_id=id_of(platform)))


@pytest.mark.parametrize("days", [-1, 731])
async def test_refuses_an_expiry_in_the_past_or_too_far_ahead(
    house: HouseUnderTest, days: int
) -> None:
    platform = await a_platform(house)
    async with refused(house, RefusalCode.EXPIRY_OUT_OF_RANGE, "expiresAt"):
        expires_at = house.clock() + timedelta(days=days)
        await create_api_key(house, platform, wanted(expires_at=expires_at))


async def test_a_key_opens_nothing_from_its_expiry_on(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    expires_at = house.clock() + timedelta(days=3)
    made = await create_api_key(house, platform, wanted(expires_at=expires_at))
    assert made.secret is not None
    house.clock.now = expires_at - timedelta(seconds=1)
    await authenticate_api_key(house.clock, made.secret)
    house.clock.now = expires_at
    with pytest.raises(BadCredentials):
        await authenticate_api_key(house.clock, made.secret)


async def test_a_partner_has_so_many_keys_and_no_more(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    async with beside(house) as other:
        made = await at_once(
            *(
                create_api_key(at, platform, wanted())
                for at in (house, other) * (MOST_KEYS // 2 + 1)
            )
        )
    codes = [getattr(getattr(each, "refusal", None), "code", None) for each in made]
    assert codes.count(RefusalCode.TOO_MANY_API_KEYS) == 3  # it began with one
    assert await ApiKey.filter(partner_id=platform.id).count() == MOST_KEYS
    revoked = await ApiKey.filter(partner_id=platform.id).first()
    assert revoked is not None
    await revoke_api_key(house, platform, a_key(), revoked.id)
    await create_api_key(house, platform, wanted())


async def test_its_last_use_is_written_down_now_and_then(house: HouseUnderTest) -> None:
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    used = []
    for _ in range(4):
        await authenticate_api_key(house.clock, secret)
        used.append((await ApiKey.get()).last_used_at)
        house.clock.advance(minutes=2)
    began = used[0]
    assert began is not None
    assert used == [began, began, began, began + timedelta(minutes=6)]
