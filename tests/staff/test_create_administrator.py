"""Whoever has the machine makes the first administrator, and supervisors."""

import pytest

from models import AuditEntry, StaffMember
from models.kinds import SUPERVISORS_MAY, Permission
from services.actors import SYSTEM
from services.refusals import RefusalCode
from services.staff.accept_invitation import Acceptance, accept_invitation
from services.staff.create_administrator import (
    AdministeredAlreadyError,
    create_administrator,
    create_supervisor,
)
from services.staff.permissions import permissions_of
from tests.factories import HouseUnderTest, a_key, an_operator, dump, refused

PASSWORD = "correct horse battery"


async def test_the_first_may_do_everything_once_they_have_come(house: HouseUnderTest) -> None:
    invited = await create_administrator(house, "王小明", "ming@example.com")
    assert invited.code is not None
    await accept_invitation(house, Acceptance(a_key(), invited.code, PASSWORD))
    member = await StaffMember.get(email="ming@example.com")
    assert await permissions_of(member) == set(Permission)
    entry = await AuditEntry.filter(action="createAdministrator").get()
    assert (entry.principal, entry.object_id) == (SYSTEM.principal, member.id)


async def test_another_must_be_asked_for_by_name(house: HouseUnderTest) -> None:
    await an_operator(house)
    before = await dump()
    with pytest.raises(AdministeredAlreadyError):
        await create_administrator(house, "Second", "second@example.com")
    assert await dump() == before
    await create_administrator(house, "Second", "second@example.com", another=True)


async def test_one_who_has_not_come_does_not_keep_others_out(house: HouseUnderTest) -> None:
    await create_administrator(house, "Lost the code", "first@example.com")
    await an_operator(house, *set(Permission) - {Permission.MANAGE_STAFF})
    await create_administrator(house, "Second", "second@example.com")


async def test_a_supervisor_reads(house: HouseUnderTest) -> None:
    invited = await create_supervisor(house, "Auditor", "auditor@example.com")
    assert invited.code is not None
    await accept_invitation(house, Acceptance(a_key(), invited.code, PASSWORD))
    member = await StaffMember.get(email="auditor@example.com")
    assert await permissions_of(member) == SUPERVISORS_MAY
    assert await AuditEntry.filter(action="createSupervisor", principal="system").exists()
    async with refused(house, RefusalCode.EMAIL_TAKEN, "email"):
        await create_supervisor(house, "Again", "auditor@example.com")
