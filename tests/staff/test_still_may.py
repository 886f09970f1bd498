"""Thousands are asked about at once, with one look; and no answer is older than its question."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from models import StaffMember, StaffRole
from models.kinds import GrantState, Permission, StaffStanding
from services.actors import Actor, ActorKind
from services.staff import still_may
from services.staff.still_may import May, StillMay
from tests.factories import HouseUnderTest, a_supervisor, an_operator, id_of, new_id


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """About how many people each look at the database was."""
    counted: list[int] = []
    look_up = still_may._permissions_of

    async def look(ids: set[UUID]) -> May:
        counted.append(len(ids))
        return await look_up(ids)

    monkeypatch.setattr(still_may, "_permissions_of", look)
    return counted


async def test_who_could_still_may(house: HouseUnderTest, looks: list[int]) -> None:
    still = StillMay()
    operator = await an_operator(house, Permission.SEE_LEDGER)
    supervisor = await a_supervisor(house)
    stranger = Actor(ActorKind.OPERATOR, new_id(), permissions=operator.permissions)
    told = (operator, supervisor, stranger, operator)
    found = await asyncio.gather(*map(still, told))
    assert found == [True, True, False, True]
    assert looks == [3]
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


async def test_a_question_during_a_look_is_answered_by_the_next(
    house: HouseUnderTest, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    still = StillMay()
    operator = await an_operator(house, Permission.SEE_LEDGER)
    looking, go_on = asyncio.Event(), asyncio.Event()
    look_up = still_may._permissions_of

    async def slow(ids: set[UUID]) -> May:
        found = await look_up(ids)
        looking.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(still_may, "_permissions_of", slow)
    first = asyncio.create_task(still(operator))
    await looking.wait()
    await StaffRole.filter(member_id=id_of(operator)).update(state=GrantState.TAKEN)
    second = asyncio.create_task(still(operator))
    go_on.set()
    assert await first
    assert not await second
    assert looks == [1, 1]


async def test_a_crowd_is_asked_about_in_parts(
    house: HouseUnderTest, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still_may, "AT_ONCE", 2)
    still = StillMay()
    operators = [await an_operator(house, Permission.SEE_LEDGER) for _ in range(3)]
    assert all(await asyncio.gather(*map(still, operators)))
    assert looks == [2, 1]


async def test_one_who_stops_waiting_stops_nobody(house: HouseUnderTest) -> None:
    still = StillMay()
    operator = await an_operator(house, Permission.SEE_LEDGER)
    first = asyncio.create_task(still(operator))
    second = asyncio.create_task(still(operator))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
