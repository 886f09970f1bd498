"""One ends a session of one's own by its id; another's is not there."""

from functools import partial
from uuid import UUID

import pytest

from services.actors import NotAllowed
from services.people.authenticate import BadCredentials, authenticate_token, renewed
from services.people.end_session import end_session
from services.refusals import RefusalCode
from tests.factories import HouseUnderTest, a_key, a_platform, new_id, refused, replayed
from tests.people.access import AWAY, Entered, a_person, enter


def session_of(there: Entered) -> UUID:
    assert there.actor.credential_id is not None
    return there.actor.credential_id


async def test_a_telephone_that_was_lost_is_out(house: HouseUnderTest) -> None:
    await a_person(house)
    here, telephone = await enter(house), await enter(house, AWAY)
    await replayed(partial(end_session, house, here.actor, a_key(), session_of(telephone)))
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, telephone.tokens.token)
    assert await renewed(house.clock, here.actor) is not None
    await end_session(house, here.actor, a_key(), session_of(telephone))


async def test_what_is_not_ones_own_is_not_there(house: HouseUnderTest) -> None:
    await a_person(house)
    await a_person(house, "hong@example.com")
    here, stranger = await enter(house), await enter(house, email="hong@example.com")
    for session_id in (session_of(stranger), new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "sessionId"):
            await end_session(house, here.actor, a_key(), session_id)


async def test_partners_have_no_sessions(house: HouseUnderTest) -> None:
    with pytest.raises(NotAllowed):
        await end_session(house, await a_platform(house), a_key(), new_id())
