"""Somebody else's roles are changed within one's own permissions, and it holds at once."""

from functools import partial

import orjson
import pytest

from models import AuditEntry, StaffMember, StaffRole
from models.kinds import GrantState, Permission, StaffKind
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import SYSTEM, NotAllowed
from services.ledger.command import Answered
from services.refusals import RefusalCode
from services.staff.change_roles import change_staff_roles
from services.staff.permissions import permissions_of
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_member,
    a_role,
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

MANAGE = Permission.MANAGE_STAFF


async def test_these_roles_and_no_others(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    old, kept, new = [await a_role(house, each) for each in list(Permission)[:3]]
    member = await a_member(house, StaffKind.OPERATOR, old.id, kept.id)
    ask = partial(
        change_staff_roles, house, manager, a_key(), member.id, (kept.id, new.id), "Moves"
    )
    await replayed(ask)
    assert await permissions_of(await StaffMember.get(id=member.id)) == set(list(Permission)[1:3])
    gone = await StaffRole.get(member_id=member.id, state=GrantState.TAKEN)
    assert (gone.role_id, gone.taken_by, gone.taken_at) == (
        old.id,
        manager.principal,
        house.clock(),
    )
    entry = await AuditEntry.get()
    (change,) = orjson.loads(entry.changes)
    assert change["before"] == ", ".join(sorted((old.name, kept.name)))
    assert change["after"] == ", ".join(sorted((kept.name, new.name)))
    assert (entry.object_id, entry.reason) == (member.id, "Moves")


async def test_changing_nothing_changes_nothing(house: HouseUnderTest) -> None:
    manager, role = await an_operator(house), await a_role(house)
    member = await a_member(house, StaffKind.OPERATOR, role.id)
    before = await StaffRole.all().values()
    await change_staff_roles(house, manager, a_key(), member.id, (role.id,), "x")
    assert await StaffRole.all().values() == before
    assert (await AuditEntry.get()).changes is None


async def test_gives_no_more_than_ones_own_but_takes_anything(house: HouseUnderTest) -> None:
    weak = await an_operator(house, MANAGE)
    member = await a_member(house, StaffKind.OPERATOR)
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "roleIds"):
        await change_staff_roles(
            house, weak, a_key(), member.id, (ADMINISTRATOR_ROLE_ID,), "Upwards"
        )
    strong = await a_member(house, StaffKind.OPERATOR, ADMINISTRATOR_ROLE_ID)
    await change_staff_roles(house, weak, a_key(), strong.id, (), "Too much")
    assert await permissions_of(strong) == set()


async def test_nobody_changes_their_own(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    await an_operator(house)
    for role_ids in ((), (ADMINISTRATOR_ROLE_ID,)):
        async with refused(house, RefusalCode.ONES_OWN_ACCESS, "memberId"):
            await change_staff_roles(house, manager, a_key(), id_of(manager), role_ids, "x")


async def test_supervisors_and_strangers_get_none(house: HouseUnderTest) -> None:
    manager, role = await an_operator(house), await a_role(house)
    supervisor, member = await a_supervisor(house), await a_member(house, StaffKind.OPERATOR)
    async with refused(house, RefusalCode.SUPERVISOR_HAS_NO_ROLES, "memberId"):
        await change_staff_roles(house, manager, a_key(), id_of(supervisor), (role.id,), "x")
    async with refused(house, RefusalCode.NOT_FOUND, "memberId"):
        await change_staff_roles(house, manager, a_key(), new_id(), (role.id,), "x")
    async with refused(house, RefusalCode.NOT_FOUND, "roleIds", 0):
        await change_staff_roles(house, manager, a_key(), member.id, (new_id(),), "x")


async def test_the_house_itself_leaves_somebody_to_manage_it(house: HouseUnderTest) -> None:
    last = await an_operator(house)
    async with refused(house, RefusalCode.LAST_ADMINISTRATOR):
        await change_staff_roles(house, SYSTEM, a_key(), id_of(last), (), "x")


@on_postgres
async def test_of_two_who_take_each_others_role_one_comes_too_late(house: HouseUnderTest) -> None:
    one, two = await an_operator(house), await an_operator(house)
    async with beside(house) as other:
        results = await in_turn(
            house,
            "role",
            ADMINISTRATOR_ROLE_ID,
            lambda: change_staff_roles(house, one, a_key(), id_of(two), (), "x"),
            lambda: change_staff_roles(other, two, a_key(), id_of(one), (), "x"),
        )
    assert isinstance(results[0], Answered)
    assert isinstance(results[1], NotAllowed)
    assert await StaffRole.filter(state=GrantState.HELD).count() == 1


async def test_only_who_manages_the_staff(house: HouseUnderTest) -> None:
    member = await a_member(house, StaffKind.OPERATOR)
    others = await an_operator(house, *set(Permission) - {MANAGE})
    for actor in (others, await a_supervisor(house)):
        with pytest.raises(NotAllowed):
            await change_staff_roles(house, actor, a_key(), member.id, (), "x")
