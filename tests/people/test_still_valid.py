"""Whose socket may stay: many are asked about at once, each is judged by their own access."""

from dataclasses import replace

from models import ApiKey, Session, StaffMember
from models.kinds import PartnerKind, Permission, SessionState
from services.actors import NOBODY, Actor
from services.partners.create_partner import create_partner
from services.people.authenticate import authenticate_api_key, still_valid_of
from tests.factories import HouseUnderTest, a_customer, a_session, a_supervisor, an_operator, new_id


async def on_a_socket(house: HouseUnderTest, actor: Actor) -> Actor:
    """Return somebody as a caller with a session of their own."""
    return replace(actor, credential_id=await a_session(house, actor))


async def test_each_is_judged_by_their_own_access(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    operator = await an_operator(house, Permission.SEE_LEDGER)
    returned = await on_a_socket(house, await an_operator(house))
    _, secret = await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
    _, leaked = await create_partner(house, PartnerKind.SALES_PLATFORM, "Leaky Ltd", "CNY")
    revoked = await authenticate_api_key(house.clock, leaked)
    ended = await on_a_socket(house, customer)
    stay = [
        await on_a_socket(house, customer),
        await on_a_socket(house, operator),
        await on_a_socket(house, await a_supervisor(house)),
        await authenticate_api_key(house.clock, secret),
        NOBODY,
    ]
    go = [
        ended,
        revoked,
        returned,
        replace(customer, credential_id=new_id()),
        replace(stay[1], permissions=frozenset({Permission.SEE_AUDIT})),
    ]
    await Session.filter(id=ended.credential_id).update(state=SessionState.ENDED)
    await ApiKey.filter(id=revoked.credential_id).update(revoked_at=house.clock())
    # Who was deactivated and came back does not come back with the sessions of before.
    later = house.clock.advance(minutes=1)
    await StaffMember.filter(id=returned.id).update(active_since=later)
    assert await still_valid_of(house.clock, [*stay, *go]) == set(stay)
    house.clock.advance(days=2)
    assert await still_valid_of(house.clock, stay) == {stay[3], NOBODY}
    assert await still_valid_of(house.clock, []) == frozenset()
