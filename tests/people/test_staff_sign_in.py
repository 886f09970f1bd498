"""People of the house have doors of their own, may what their roles let them, and are audited."""

from uuid import UUID

import pytest

from models import AuditEntry, Customer, Session, StaffMember
from models.kinds import SUPERVISORS_MAY, Permission, StaffKind, StaffStanding
from services.actors import Actor, ActorKind
from services.passwords import hash_password
from services.people.authenticate import BadCredentials, authenticate_token, renewed, still_valid
from services.people.sign_in import sign_in
from services.people.sign_out import sign_out
from services.refusals import RefusalCode, Refused
from services.staff.change_roles import change_staff_roles
from services.staff.deactivate import deactivate_staff
from services.staff.reactivate import reactivate_staff
from tests.factories import HouseUnderTest, a_key, a_member, a_role, an_operator, id_of, refused

PASSWORD = "correct horse battery"


async def a_member_with_a_password(
    house: HouseUnderTest, kind: StaffKind, *role_ids: UUID
) -> StaffMember:
    member = await a_member(house, kind, *role_ids)
    member.password_hash = await hash_password(PASSWORD)
    await member.save()
    return member


async def signed_in(house: HouseUnderTest, member: StaffMember) -> Actor:
    kind = ActorKind(StaffKind(member.kind).value)
    token = (await sign_in(house, member.email, PASSWORD, kind)).token
    return await authenticate_token(house.clock, token)


async def test_an_operator_may_what_their_roles_let_them(house: HouseUnderTest) -> None:
    pays, sees = await a_role(house, Permission.PAY_PRIZES), await a_role(house, *SUPERVISORS_MAY)
    member = await a_member_with_a_password(house, StaffKind.OPERATOR, pays.id, sees.id)
    actor = await signed_in(house, member)
    assert (actor.kind, actor.id) == (ActorKind.OPERATOR, member.id)
    assert actor.permissions == {Permission.PAY_PRIZES, *SUPERVISORS_MAY}
    assert await still_valid(house.clock, actor)


async def test_a_supervisor_may_see(house: HouseUnderTest) -> None:
    member = await a_member_with_a_password(house, StaffKind.SUPERVISOR)
    actor = await signed_in(house, member)
    assert (actor.kind, actor.permissions) == (ActorKind.SUPERVISOR, SUPERVISORS_MAY)


async def test_each_kind_has_a_door_of_its_own(house: HouseUnderTest) -> None:
    member = await a_member_with_a_password(house, StaffKind.SUPERVISOR)
    await Customer.create(
        id=house.new_id(),
        email="ming@example.com",
        password_hash=member.password_hash,
        signed_up_at=house.clock(),
    )
    for email, kind in (
        (member.email, ActorKind.CUSTOMER),
        (member.email, ActorKind.OPERATOR),
        ("ming@example.com", ActorKind.SUPERVISOR),
    ):
        async with refused(house, RefusalCode.SIGN_IN_FAILED):
            await sign_in(house, email, PASSWORD, kind)
    await sign_in(house, "MING@example.com", PASSWORD)


@pytest.mark.parametrize("standing", [StaffStanding.INVITED, StaffStanding.DEACTIVATED])
async def test_only_the_active_sign_in(house: HouseUnderTest, standing: StaffStanding) -> None:
    member = await a_member_with_a_password(house, StaffKind.OPERATOR)
    await StaffMember.filter(id=member.id).update(standing=standing)
    async with refused(house, RefusalCode.SIGN_IN_FAILED):
        await sign_in(house, member.email, PASSWORD, ActorKind.OPERATOR)


async def test_signing_in_and_out_and_failing_to_is_audited(house: HouseUnderTest) -> None:
    member = await a_member_with_a_password(house, StaffKind.OPERATOR)
    for password, email in (("wrong", member.email), ("wrong", "nobody@example.com")):
        with pytest.raises(Refused):
            await sign_in(house, email, password, ActorKind.OPERATOR)
    await sign_out(house, await signed_in(house, member))
    entries = await AuditEntry.all().order_by("id").values_list("action", "code", "object_id")
    assert entries == [
        ("signIn", RefusalCode.SIGN_IN_FAILED, member.id),
        ("signIn", None, member.id),
        ("signOut", None, member.id),
    ]
    assert {entry.principal for entry in await AuditEntry.all()} == {f"operator:{member.id}"}


async def test_what_customers_do_at_the_door_is_not(house: HouseUnderTest) -> None:
    await Customer.create(
        id=house.new_id(), email="m@example.com", password_hash="-", signed_up_at=house.clock()
    )
    with pytest.raises(Refused):
        await sign_in(house, "nobody@example.com", PASSWORD)
    assert not await AuditEntry.exists()


async def test_a_role_that_is_taken_is_gone_from_open_sessions(house: HouseUnderTest) -> None:
    manager, role = await an_operator(house), await a_role(house, Permission.PAY_PRIZES)
    member = await a_member_with_a_password(house, StaffKind.OPERATOR, role.id)
    actor = await signed_in(house, member)
    await change_staff_roles(house, manager, a_key(), member.id, (), "Moves on")
    now = await renewed(house.clock, actor)
    assert now is not None
    assert now.permissions == frozenset()
    assert not await still_valid(house.clock, actor)


async def test_who_is_deactivated_is_out_and_stays_out(house: HouseUnderTest) -> None:
    manager = await an_operator(house)
    member = await a_member_with_a_password(house, StaffKind.OPERATOR)
    token = (await sign_in(house, member.email, PASSWORD, ActorKind.OPERATOR)).token
    actor = await authenticate_token(house.clock, token)
    house.clock.advance(minutes=1)
    await deactivate_staff(house, manager, a_key(), member.id, "Left")
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, token)
    assert await renewed(house.clock, actor) is None
    house.clock.advance(minutes=1)
    await reactivate_staff(house, manager, a_key(), member.id, "Back")
    # The session of before is no way in: it was taken away, not put to sleep.
    with pytest.raises(BadCredentials):
        await authenticate_token(house.clock, token)
    assert (await signed_in(house, member)).id == member.id


async def test_signing_out_ends_a_members_session(house: HouseUnderTest) -> None:
    member = await a_member_with_a_password(house, StaffKind.SUPERVISOR)
    actor = await signed_in(house, member)
    await sign_out(house, actor)
    assert await renewed(house.clock, actor) is None
    assert (await Session.get(id=actor.credential_id)).ended_at == house.clock()
    assert id_of(actor) == member.id
