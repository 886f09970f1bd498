"""One ends all of one's sessions, or all the others, and nobody else's."""

from functools import partial

import pytest

from models import AuditEntry
from services.actors import NotAllowed
from services.people.authenticate import renewed
from services.people.sign_out_everywhere import sign_out_everywhere
from tests.factories import HouseUnderTest, a_key, a_platform, replayed
from tests.people.access import AWAY, a_person, enter


async def test_all_of_ones_own_end(house: HouseUnderTest) -> None:
    await a_person(house)
    await a_person(house, "hong@example.com")
    here, there = await enter(house), await enter(house, AWAY)
    stranger = await enter(house, email="hong@example.com")
    ask = partial(sign_out_everywhere, house, here.actor, a_key(), but_this=False)
    answered = await replayed(ask)
    assert answered.body == {"ended": 2}
    assert await renewed(house.clock, here.actor) is None
    assert await renewed(house.clock, there.actor) is None
    assert await renewed(house.clock, stranger.actor) is not None
    assert (await AuditEntry.get()).action == "signOutEverywhere"


async def test_the_one_that_asks_may_go_on(house: HouseUnderTest) -> None:
    await a_person(house)
    here, there = await enter(house), await enter(house, AWAY)
    await sign_out_everywhere(house, here.actor, a_key(), but_this=True)
    assert await renewed(house.clock, here.actor) is not None
    assert await renewed(house.clock, there.actor) is None


async def test_partners_have_no_sessions(house: HouseUnderTest) -> None:
    with pytest.raises(NotAllowed):
        await sign_out_everywhere(house, await a_platform(house), a_key(), but_this=False)
