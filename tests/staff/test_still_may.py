"""At an event people of the house are told only what they still may hear."""

import asyncio
from dataclasses import replace

from models import StaffMember, StaffRole
from models.kinds import GrantState, Permission, StaffStanding
from services.actors import Actor, ActorKind
from services.staff.still_may import StillMay
from tests.factories import HouseUnderTest, a_supervisor, an_operator, id_of, new_id


async def test_who_could_still_may(house: HouseUnderTest) -> None:
    still = StillMay()
    operator = await an_operator(house, Permission.SEE_LEDGER)
    supervisor = await a_supervisor(house)
    stranger = Actor(ActorKind.OPERATOR, new_id(), permissions=operator.permissions)
    told = (operator, supervisor, stranger, operator)
    found = await asyncio.gather(*map(still, told))
    assert found == [True, True, False, True]
    assert not await still(replace(operator, permissions=frozenset()))
    assert not await still(replace(operator, id=None))


async def test_who_lost_a_role_may_not(house: HouseUnderTest) -> None:
    still = StillMay()
    operator = await an_operator(house, Permission.SEE_LEDGER)
    await StaffRole.filter(member_id=id_of(operator)).update(state=GrantState.TAKEN)
    assert not await still(operator)


async def test_who_was_deactivated_may_not(house: HouseUnderTest) -> None:
    still = StillMay()
    supervisor = await a_supervisor(house)
    member = StaffMember.filter(id=id_of(supervisor))
    await member.update(standing=StaffStanding.DEACTIVATED)
    assert not await still(supervisor)
