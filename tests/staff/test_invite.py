"""Somebody is invited with a one-time code, sets the first password, and is active."""

from functools import partial
from uuid import UUID

import orjson
import pytest

from models import Answer, AuditEntry, StaffMember, StaffRole
from models.kinds import Permission, StaffKind, StaffStanding
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import NotAllowed
from services.passwords import password_matches
from services.refusals import RefusalCode
from services.staff.accept_invitation import Acceptance, accept_invitation
from services.staff.deactivate import deactivate_staff
from services.staff.invite import INVITATION_LIFE, Invitation, Invited, invite_staff
from services.staff.permissions import permissions_of
from services.staff.renew_invitation import renew_invitation
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_role,
    a_supervisor,
    an_operator,
    at_once,
    dump,
    id_of,
    new_id,
    refused,
    replayed,
)

EMAIL, PASSWORD = "hong@example.com", "correct horse battery"
MANAGE = Permission.MANAGE_STAFF


def an_invitation(*role_ids: UUID, kind: StaffKind = StaffKind.OPERATOR) -> Invitation:
    return Invitation(a_key(), kind, "李小红", " Hong@Example.com", role_ids, "New at risk")


async def invited(house: HouseUnderTest) -> Invited:
    return await invite_staff(house, await an_operator(house), an_invitation())


async def kept() -> str:
    answers, entries = await Answer.all().values(), await AuditEntry.all().values()
    return f"{await dump()} {answers} {entries}"


def accepting(code: str | None, password: str = PASSWORD) -> Acceptance:
    assert code is not None
    return Acceptance(a_key(), code, password)


async def test_an_operator_comes_and_has_their_roles(house: HouseUnderTest) -> None:
    manager = await an_operator(house, MANAGE, Permission.PAY_PRIZES)
    role = await a_role(house, Permission.PAY_PRIZES)
    invited = await invite_staff(house, manager, an_invitation(role.id))
    member = await StaffMember.get(email=EMAIL)
    assert (member.standing, member.password_hash) == (StaffStanding.INVITED, None)
    assert await permissions_of(member) == set()
    await replayed(partial(accept_invitation, house, accepting(invited.code)))
    member = await StaffMember.get(email=EMAIL)
    assert member.standing == StaffStanding.ACTIVE
    assert await password_matches(PASSWORD, member.password_hash)
    assert await permissions_of(member) == {Permission.PAY_PRIZES}
    assert (await StaffRole.get(member_id=member.id)).given_by == manager.principal
    first, second = await AuditEntry.all().order_by("id")
    assert (first.principal, first.action) == (manager.principal, "inviteStaff")
    assert (first.object_id, first.reason) == (member.id, "New at risk")
    assert orjson.loads(first.changes)[1] == {"name": "roles", "before": None, "after": role.name}
    assert (second.principal, second.action) == (f"operator:{member.id}", "acceptInvitation")


async def test_a_supervisor_has_no_roles(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    role = await a_role(house)
    async with refused(house, RefusalCode.SUPERVISOR_HAS_NO_ROLES, "roleIds"):
        await invite_staff(house, manager, an_invitation(role.id, kind=StaffKind.SUPERVISOR))
    await invite_staff(house, manager, an_invitation(kind=StaffKind.SUPERVISOR))
    assert (await StaffMember.get(email=EMAIL)).kind == StaffKind.SUPERVISOR


async def test_the_code_is_shown_once_and_kept_nowhere(house: HouseUnderTest) -> None:
    manager, invitation = await an_operator(house), an_invitation()
    first = await invite_staff(house, manager, invitation)
    again = await invite_staff(house, manager, invitation)
    assert first.code is not None
    assert (again.code, again.answered.replayed) == (None, True)
    assert again.answered.body == first.answered.body
    await accept_invitation(house, accepting(first.code))
    everything = await kept()
    assert first.code not in everything
    assert PASSWORD not in everything


async def test_the_code_works_once_and_for_a_while(house: HouseUnderTest) -> None:
    code = (await invited(house)).code
    async with refused(house, RefusalCode.INVITATION_ENDED, "code"):
        await accept_invitation(house, accepting("coffer_invitation_guessed"))
    await accept_invitation(house, accepting(code))
    async with refused(house, RefusalCode.INVITATION_ENDED, "code"):
        await accept_invitation(house, accepting(code, "another password"))


async def test_an_old_code_opens_nothing(house: HouseUnderTest) -> None:
    code = (await invited(house)).code
    house.clock.advance(seconds=INVITATION_LIFE.total_seconds())
    async with refused(house, RefusalCode.INVITATION_ENDED, "code"):
        await accept_invitation(house, accepting(code))


async def test_of_two_who_use_a_code_at_once_one_comes_too_late(house: HouseUnderTest) -> None:
    code = (await invited(house)).code
    results = await at_once(
        accept_invitation(house, accepting(code, "the first password")),
        accept_invitation(house, accepting(code, "the second password")),
    )
    refusals = [each.refusal.code for each in results if isinstance(each, Exception)]
    assert refusals == [RefusalCode.INVITATION_ENDED]


async def test_a_new_code_ends_the_one_before(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    first = await invite_staff(house, manager, an_invitation())
    member_id = (await StaffMember.get(email=EMAIL)).id
    house.clock.advance(days=4)
    key = a_key()
    second = await renew_invitation(house, manager, key, member_id, "It got lost")
    assert (await renew_invitation(house, manager, key, member_id, "It got lost")).code is None
    async with refused(house, RefusalCode.INVITATION_ENDED, "code"):
        await accept_invitation(house, accepting(first.code))
    await accept_invitation(house, accepting(second.code))
    async with refused(house, RefusalCode.INVITATION_ENDED, "memberId"):
        await renew_invitation(house, manager, a_key(), member_id, "Again")
    async with refused(house, RefusalCode.NOT_FOUND, "memberId"):
        await renew_invitation(house, manager, a_key(), new_id(), "Nobody")


async def test_whoever_sees_a_code_could_use_it_and_so_gains_nothing(
    house: HouseUnderTest,
) -> None:
    weak = await an_operator(house, MANAGE)
    await invite_staff(house, await an_operator(house), an_invitation(ADMINISTRATOR_ROLE_ID))
    member_id = (await StaffMember.get(email=EMAIL)).id
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "memberId"):
        await renew_invitation(house, weak, a_key(), member_id, "Mine")


async def test_gives_no_more_than_ones_own(house: HouseUnderTest) -> None:
    weak = await an_operator(house, MANAGE)
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "roleIds"):
        await invite_staff(house, weak, an_invitation(ADMINISTRATOR_ROLE_ID))
    async with refused(house, RefusalCode.MORE_THAN_ONES_OWN, "kind"):
        await invite_staff(house, weak, an_invitation(kind=StaffKind.SUPERVISOR))


async def test_an_address_is_one_members(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    await invite_staff(house, manager, an_invitation())
    async with refused(house, RefusalCode.EMAIL_TAKEN, "email"):
        await invite_staff(house, manager, an_invitation())


async def test_a_role_must_be_there(house: HouseUnderTest) -> None:
    manager, role = await an_operator(house), await a_role(house)
    async with refused(house, RefusalCode.NOT_FOUND, "roleIds", 1):
        await invite_staff(house, manager, an_invitation(role.id, new_id()))


async def test_who_is_deactivated_before_they_come_cannot_come(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    invited = await invite_staff(house, manager, an_invitation())
    member_id = (await StaffMember.get(email=EMAIL)).id
    await deactivate_staff(house, manager, a_key(), member_id, "A mistake")
    async with refused(house, RefusalCode.INVITATION_ENDED, "code"):
        await accept_invitation(house, accepting(invited.code))


async def test_only_who_manages_the_staff(house: HouseUnderTest) -> None:
    others = await an_operator(house, *set(Permission) - {MANAGE})
    for actor in (others, await a_supervisor(house)):
        with pytest.raises(NotAllowed):
            await invite_staff(house, actor, an_invitation())
        with pytest.raises(NotAllowed):
            await renew_invitation(house, actor, a_key(), id_of(actor), "x")
