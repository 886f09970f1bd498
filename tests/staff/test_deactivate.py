"""Somebody else is deactivated, can do nothing from then on, and may be let come back."""

from functools import partial

import orjson
import pytest

from models import AuditEntry, StaffMember
from models.kinds import Permission, StaffKind, StaffStanding
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import SYSTEM, NotAllowed
from services.ledger.command import Answered
from services.refusals import RefusalCode
from services.staff.deactivate import deactivate_staff
from services.staff.permissions import permissions_of
from services.staff.reactivate import reactivate_staff
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_member,
    a_supervisor,
    an_operator,
    beside,
    id_of,
    in_turn,
    new_id,
    on_postgres,
    refused,
    replayed,
)


async def standing(member_id: object) -> str:
    return (await StaffMember.get(id=member_id)).standing


async def test_goes_and_comes_back_with_the_same_roles(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    member = await a_member(house, StaffKind.OPERATOR, ADMINISTRATOR_ROLE_ID)
    await replayed(partial(deactivate_staff, house, manager, a_key(), member.id, "Left us"))
    assert await standing(member.id) == StaffStanding.DEACTIVATED
    assert await permissions_of(await StaffMember.get(id=member.id)) == set()
    house.clock.advance(days=1)
    await replayed(partial(reactivate_staff, house, manager, a_key(), member.id, "Came back"))
    again = await StaffMember.get(id=member.id)
    assert await permissions_of(again) == set(Permission)
    assert again.active_since == house.clock()
    first, second = await AuditEntry.all().order_by("id")
    assert (first.action, first.object_id, first.reason) == (
        "deactivateStaff",
        member.id,
        "Left us",
    )
    assert orjson.loads(second.changes) == [
        {"name": "standing", "before": "DEACTIVATED", "after": "ACTIVE"}
    ]


async def test_doing_it_again_changes_nothing(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    member = await a_member(house, StaffKind.SUPERVISOR)
    await reactivate_staff(house, manager, a_key(), member.id, "x")
    assert await standing(member.id) == StaffStanding.ACTIVE
    for _ in range(2):
        await deactivate_staff(house, manager, a_key(), member.id, "x")
    assert await standing(member.id) == StaffStanding.DEACTIVATED
    assert [entry.changes is None for entry in await AuditEntry.all().order_by("id")] == [
        True,
        False,
        True,
    ]


async def test_who_never_came_is_invited_still(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    member = await a_member(house, StaffKind.OPERATOR, standing=StaffStanding.INVITED)
    await StaffMember.filter(id=member.id).update(password_hash=None)
    await deactivate_staff(house, manager, a_key(), member.id, "x")
    await reactivate_staff(house, manager, a_key(), member.id, "x")
    assert await standing(member.id) == StaffStanding.INVITED


async def test_nobody_deactivates_themselves(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    await an_operator(house)
    async with refused(house, RefusalCode.ONES_OWN_ACCESS, "memberId"):
        await deactivate_staff(house, manager, a_key(), id_of(manager), "x")
    async with refused(house, RefusalCode.ONES_OWN_ACCESS, "memberId"):
        await reactivate_staff(house, manager, a_key(), id_of(manager), "x")


async def test_who_comes_back_gets_no_more_than_the_caller_has(house: HouseUnderTest) -> None:
    strong, weak = await an_operator(house), await an_operator(house, Permission.MANAGE_STAFF)
    member = await a_member(house, StaffKind.OPERATOR, ADMINISTRATOR_ROLE_ID)
    await deactivate_staff(house, strong, a_key(), member.id, "x")
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "memberId"):
        await reactivate_staff(house, weak, a_key(), member.id, "x")


async def test_the_house_itself_leaves_somebody_to_manage_it(house: HouseUnderTest) -> None:
    last = await an_operator(house)
    async with refused(house, RefusalCode.LAST_ADMINISTRATOR):
        await deactivate_staff(house, SYSTEM, a_key(), id_of(last), "x")


async def test_there_must_be_such_a_member(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    for change in (deactivate_staff, reactivate_staff):
        async with refused(house, RefusalCode.NOT_FOUND, "memberId"):
            await change(house, manager, a_key(), new_id(), "x")


@on_postgres
async def test_of_two_who_deactivate_each_other_one_comes_too_late(house: HouseUnderTest) -> None:
    one, two = await an_operator(house), await an_operator(house)
    async with beside(house) as other:
        results = await in_turn(
            house,
            "role",
            ADMINISTRATOR_ROLE_ID,
            lambda: deactivate_staff(house, one, a_key(), id_of(two), "x"),
            lambda: deactivate_staff(other, two, a_key(), id_of(one), "x"),
        )
    assert isinstance(results[0], Answered)
    assert isinstance(results[1], NotAllowed)
    assert await StaffMember.filter(standing=StaffStanding.ACTIVE).count() == 1


async def test_only_who_manages_the_staff(house: HouseUnderTest) -> None:
    member = await a_member(house, StaffKind.OPERATOR)
    others = await an_operator(house, *set(Permission) - {Permission.MANAGE_STAFF})
    for actor in (others, await a_supervisor(house)):
        for change in (deactivate_staff, reactivate_staff):
            with pytest.raises(NotAllowed):
                await change(house, actor, a_key(), member.id, "x")
