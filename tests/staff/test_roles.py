"""Roles are made, changed and removed by who may manage the staff, within what they have."""

from functools import partial
from uuid import UUID

import orjson
import pytest

from models import AuditEntry, Role
from models.kinds import Permission, RoleState, StaffKind
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import NOBODY, Actor, ActorKind, NotAllowed
from services.refusals import RefusalCode
from services.staff.create_role import CreateRole, create_role
from services.staff.permissions import permissions_in
from services.staff.remove_role import remove_role
from services.staff.update_role import UpdateRole, update_role
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_member,
    a_platform,
    a_role,
    a_supervisor,
    an_idle_operator,
    an_operator,
    new_id,
    refused,
    replayed,
)

MANAGE = Permission.MANAGE_STAFF


def a_request(*permissions: Permission, name: str = "Cashier") -> CreateRole:
    return CreateRole(a_key(), name, "At the counter.", frozenset(permissions), "New counter")


async def unpermitted(house: HouseUnderTest) -> list[Actor]:
    return [
        NOBODY,
        await a_customer(house),
        await a_platform(house),
        await a_supervisor(house),
        await an_idle_operator(house),
        await an_operator(house, *set(Permission) - {MANAGE}),
    ]


async def test_makes_a_role(house: HouseUnderTest) -> None:
    manager = await an_operator(house, MANAGE, Permission.PAY_PRIZES)
    request = a_request(Permission.PAY_PRIZES)
    answered = await replayed(partial(create_role, house, manager, request))
    role = await Role.get(id=answered.body["role"]["id"])
    assert permissions_in(role.id, role.permissions) == {Permission.PAY_PRIZES}
    entry = await AuditEntry.get()
    assert (entry.action, entry.object_id, entry.reason) == ("createRole", role.id, "New counter")
    assert orjson.loads(entry.changes)[0]["after"] == "PAY_PRIZES"


async def test_gives_no_more_than_ones_own(house: HouseUnderTest) -> None:
    manager = await an_operator(house, MANAGE, Permission.PAY_PRIZES)
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "permissions"):
        await create_role(house, manager, a_request(Permission.SEE_LEDGER))
    narrow = await a_role(house, Permission.SEE_LEDGER)
    wider = frozenset({Permission.SEE_LEDGER, Permission.SEE_AUDIT})
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "permissions"):
        await update_role(house, manager, UpdateRole(a_key(), narrow.id, "x", permissions=wider))


async def test_what_a_role_had_may_stay_and_go(house: HouseUnderTest) -> None:
    manager = await an_operator(house, MANAGE, Permission.PAY_PRIZES)
    role = await a_role(house, Permission.SEE_LEDGER, Permission.SEE_AUDIT)
    kept = frozenset({Permission.SEE_LEDGER, Permission.PAY_PRIZES})
    request = UpdateRole(a_key(), role.id, "Less", "Clerk", "Counts.", kept)
    await replayed(partial(update_role, house, manager, request))
    role = await Role.get(id=role.id)
    assert (role.name, role.description) == ("Clerk", "Counts.")
    assert permissions_in(role.id, role.permissions) == kept
    changes = orjson.loads((await AuditEntry.get()).changes)
    assert changes[-1] == {
        "name": "permissions",
        "before": "SEE_AUDIT SEE_LEDGER",
        "after": "PAY_PRIZES SEE_LEDGER",
    }


async def test_a_role_may_be_left_as_it_is(house: HouseUnderTest) -> None:
    manager = await an_operator(house, MANAGE)
    role = await a_role(house, Permission.SEE_LEDGER, name="Clerk")
    request = UpdateRole(a_key(), role.id, "Nothing")
    answered = await replayed(partial(update_role, house, manager, request))
    assert answered.body["role"]["name"] == "Clerk"
    assert await Role.filter(id=role.id, name="Clerk", permissions=role.permissions).exists()
    assert (await AuditEntry.get()).changes is None


async def test_no_two_roles_share_a_name_until_one_is_removed(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    made = await create_role(house, manager, a_request(name="Cashier"))
    other = await a_role(house, name="Clerk")
    async with refused(house, RefusalCode.ROLE_NAME_TAKEN, "name"):
        await create_role(house, manager, a_request(name="CASHIER"))
    async with refused(house, RefusalCode.ROLE_NAME_TAKEN, "name"):
        await update_role(house, manager, UpdateRole(a_key(), other.id, "x", name="cashier"))
    await update_role(house, manager, UpdateRole(a_key(), other.id, "x", name="CLERK"))
    await remove_role(house, manager, a_key(), UUID(made.body["role"]["id"]), "Not needed")
    await create_role(house, manager, a_request(name="Cashier"))


async def test_removes_a_role_that_nobody_holds(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    role, held = await a_role(house), await a_role(house)
    await a_member(house, StaffKind.OPERATOR, held.id)
    await replayed(partial(remove_role, house, manager, a_key(), role.id, "Not needed"))
    assert (await Role.get(id=role.id)).state == RoleState.REMOVED
    async with refused(house, RefusalCode.ROLE_IN_USE, "roleId"):
        await remove_role(house, manager, a_key(), held.id, "Not needed")
    async with refused(house, RefusalCode.NOT_FOUND, "roleId"):
        await remove_role(house, manager, a_key(), role.id, "Again")
    async with refused(house, RefusalCode.NOT_FOUND, "roleId"):
        await update_role(house, manager, UpdateRole(a_key(), role.id, "x", name="n"))


async def test_the_administrators_role_stays_as_it_is(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    async with refused(house, RefusalCode.ROLE_FIXED, "roleId"):
        await remove_role(house, manager, a_key(), ADMINISTRATOR_ROLE_ID, "x")
    request = UpdateRole(a_key(), ADMINISTRATOR_ROLE_ID, "x", permissions=frozenset())
    async with refused(house, RefusalCode.ROLE_FIXED, "roleId"):
        await update_role(house, manager, request)


async def test_the_last_who_manages_cannot_give_it_up(house: HouseUnderTest) -> None:
    role = await a_role(house, MANAGE)
    member = await a_member(house, StaffKind.OPERATOR, role.id)
    manager = Actor(ActorKind.OPERATOR, member.id, permissions=frozenset({MANAGE}))
    nothing = UpdateRole(a_key(), role.id, "x", permissions=frozenset())
    async with refused(house, RefusalCode.LAST_ADMINISTRATOR):
        await update_role(house, manager, nothing)
    await an_operator(house)
    request = UpdateRole(a_key(), role.id, "x", permissions=frozenset())
    await update_role(house, manager, request)


@pytest.mark.parametrize("which", range(6))
async def test_only_who_manages_the_staff(house: HouseUnderTest, which: int) -> None:
    actor = (await unpermitted(house))[which]
    role = await a_role(house)
    with pytest.raises(NotAllowed):
        await create_role(house, actor, a_request())
    with pytest.raises(NotAllowed):
        await update_role(house, actor, UpdateRole(a_key(), role.id, "x", name="n"))
    with pytest.raises(NotAllowed):
        await remove_role(house, actor, a_key(), role.id, "x")


async def test_whoever_lost_the_permission_meanwhile_may_not(house: HouseUnderTest) -> None:
    # Let in a moment ago: only the register knows better.
    stale = Actor(ActorKind.OPERATOR, new_id(), permissions=frozenset(Permission))
    with pytest.raises(NotAllowed):
        await create_role(house, stale, a_request())
    assert not await AuditEntry.exists()


def test_every_permission_is_the_administrators() -> None:
    assert permissions_in(ADMINISTRATOR_ROLE_ID, "") == set(Permission)
