"""Managing the people of the house, and their roles."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.staff import (
    AcceptInvitationInput,
    AcceptInvitationResult,
    AcceptInvitationSuccess,
    ChangeStaffRolesInput,
    ChangeStaffRolesResult,
    ChangeStaffRolesSuccess,
    CreateRoleInput,
    CreateRoleResult,
    CreateRoleSuccess,
    DeactivateStaffInput,
    DeactivateStaffResult,
    DeactivateStaffSuccess,
    InviteStaffInput,
    InviteStaffResult,
    InviteStaffSuccess,
    ReactivateStaffInput,
    ReactivateStaffResult,
    ReactivateStaffSuccess,
    RemoveRoleInput,
    RemoveRoleResult,
    RemoveRoleSuccess,
    RenewInvitationInput,
    RenewInvitationResult,
    RenewInvitationSuccess,
    UpdateRoleInput,
    UpdateRoleResult,
    UpdateRoleSuccess,
)
from graphql_schema.reading import REASON_MAX, Reading
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from graphql_schema.staff import Role, StaffMember
from models.kinds import Permission, StaffKind
from resolvers.bounds import (
    CODE_MAX,
    ROLE_DESCRIPTION_MAX,
    ROLE_NAME_MAX,
    ROLES_MAX,
    STAFF_NAME_MAX,
)
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.staff.accept_invitation import Acceptance
from services.staff.accept_invitation import accept_invitation as accept
from services.staff.change_roles import change_staff_roles as change_roles
from services.staff.create_role import CreateRole
from services.staff.create_role import create_role as make_role
from services.staff.deactivate import deactivate_staff as deactivate
from services.staff.invite import Invitation
from services.staff.invite import invite_staff as invite
from services.staff.reactivate import reactivate_staff as reactivate
from services.staff.remove_role import remove_role as take_role_away
from services.staff.renew_invitation import renew_invitation as renew
from services.staff.update_role import UpdateRole
from services.staff.update_role import update_role as change_role


@gql_mutation
async def create_role(info: Info, given: Input[CreateRoleInput]) -> CreateRoleResult | None:
    """Make a role. For who may manage the staff."""
    context = info.context
    reading = context.reading
    request = CreateRole(
        key=reading.key(given.idempotency_key),
        name=reading.text(given.name, "name", ROLE_NAME_MAX),
        description=reading.text(given.description, "description", ROLE_DESCRIPTION_MAX),
        permissions=_permissions(reading, given.permissions),
        reason=_reason(reading, given.reason),
    )
    return await carry_out(
        context,
        make_role(context.house, context.actor, request),
        lambda answered: CreateRoleSuccess(
            role=Role(row=answered.body["role"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def update_role(info: Info, given: Input[UpdateRoleInput]) -> UpdateRoleResult | None:
    """Change a role, for all who hold it. For who may manage the staff."""
    context = info.context
    reading = context.reading
    request = UpdateRole(
        key=reading.key(given.idempotency_key),
        role_id=reading.id(given.role_id, NodeKind.ROLE, "roleId"),
        reason=_reason(reading, given.reason),
        name=None if given.name is None else reading.text(given.name, "name", ROLE_NAME_MAX),
        description=None
        if given.description is None
        else reading.text(given.description, "description", ROLE_DESCRIPTION_MAX),
        permissions=None if given.permissions is None else _permissions(reading, given.permissions),
    )
    return await carry_out(
        context,
        change_role(context.house, context.actor, request),
        lambda answered: UpdateRoleSuccess(
            role=Role(row=answered.body["role"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def remove_role(info: Info, given: Input[RemoveRoleInput]) -> RemoveRoleResult | None:
    """Let a role that nobody holds be given no more. For who may manage the staff."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    role_id = context.reading.id(given.role_id, NodeKind.ROLE, "roleId")
    reason = _reason(context.reading, given.reason)
    return await carry_out(
        context,
        take_role_away(context.house, context.actor, key, role_id, reason),
        lambda answered: RemoveRoleSuccess(
            role=Role(row=answered.body["role"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def invite_staff(info: Info, given: Input[InviteStaffInput]) -> InviteStaffResult | None:
    """Invite somebody to the staff, with no more permissions than yours. For who may manage it."""
    context = info.context
    reading = context.reading
    invitation = Invitation(
        key=reading.key(given.idempotency_key),
        kind=given.kind,
        name=reading.text(given.name, "name", STAFF_NAME_MAX),
        email=reading.email(given.email),
        role_ids=_roles(reading, given.role_ids),
        reason=_reason(reading, given.reason),
    )
    return await carry_out(
        context,
        invite(context.house, context.actor, invitation),
        lambda invited: InviteStaffSuccess(
            member=StaffMember(row=invited.answered.body["member"]),
            one_time_code=invited.code,
            replayed=invited.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def renew_invitation(
    info: Info, given: Input[RenewInvitationInput]
) -> RenewInvitationResult | None:
    """Give somebody who was invited and has not come a new code. For who may manage the staff."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    member_id = context.reading.id(given.member_id, NodeKind.STAFF_MEMBER, "memberId")
    reason = _reason(context.reading, given.reason)
    return await carry_out(
        context,
        renew(context.house, context.actor, key, member_id, reason),
        lambda invited: RenewInvitationSuccess(
            member=StaffMember(row=invited.answered.body["member"]),
            one_time_code=invited.code,
            replayed=invited.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def accept_invitation(
    info: Info, given: Input[AcceptInvitationInput]
) -> AcceptInvitationResult | None:
    """Set your first password as a member of the staff, with the code that you were given."""
    context = info.context
    acceptance = Acceptance(
        key=context.reading.key(given.idempotency_key),
        code=context.reading.text(given.code, "code", CODE_MAX),
        password=context.reading.password(given.password),
    )
    return await carry_out(
        context,
        accept(context.house, acceptance),
        lambda answered: AcceptInvitationSuccess(
            email=answered.body["member"]["email"],
            staff_kind=StaffKind(answered.body["member"]["kind"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def change_staff_roles(
    info: Info, given: Input[ChangeStaffRolesInput]
) -> ChangeStaffRolesResult | None:
    """Change which roles another operator holds. For who may manage the staff."""
    context = info.context
    reading = context.reading
    key = reading.key(given.idempotency_key)
    member_id = reading.id(given.member_id, NodeKind.STAFF_MEMBER, "memberId")
    role_ids = _roles(reading, given.role_ids)
    reason = _reason(reading, given.reason)
    return await carry_out(
        context,
        change_roles(context.house, context.actor, key, member_id, role_ids, reason),
        lambda answered: ChangeStaffRolesSuccess(
            member=StaffMember(row=answered.body["member"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def deactivate_staff(
    info: Info, given: Input[DeactivateStaffInput]
) -> DeactivateStaffResult | None:
    """Let another member of the staff do nothing any more. For who may manage the staff."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    member_id = context.reading.id(given.member_id, NodeKind.STAFF_MEMBER, "memberId")
    reason = _reason(context.reading, given.reason)
    return await carry_out(
        context,
        deactivate(context.house, context.actor, key, member_id, reason),
        lambda answered: DeactivateStaffSuccess(
            member=StaffMember(row=answered.body["member"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def reactivate_staff(
    info: Info, given: Input[ReactivateStaffInput]
) -> ReactivateStaffResult | None:
    """Let another member of the staff come back. For who may manage the staff."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    member_id = context.reading.id(given.member_id, NodeKind.STAFF_MEMBER, "memberId")
    reason = _reason(context.reading, given.reason)
    return await carry_out(
        context,
        reactivate(context.house, context.actor, key, member_id, reason),
        lambda answered: ReactivateStaffSuccess(
            member=StaffMember(row=answered.body["member"]), replayed=answered.replayed
        ),
        PLAIN,
    )


def _reason(reading: Reading, value: str) -> str:
    return reading.text(value, "reason", REASON_MAX)


def _permissions(reading: Reading, values: Sequence[Permission]) -> frozenset[Permission]:
    return frozenset(reading.items(values, "permissions", len(Permission)))


def _roles(reading: Reading, values: Sequence[strawberry.ID]) -> tuple[UUID, ...]:
    ids = reading.items(values, "roleIds", ROLES_MAX, 0)
    found = (
        reading.id(value, NodeKind.ROLE, f"roleIds.{place}") for place, value in enumerate(ids)
    )
    return tuple(dict.fromkeys(found))


MUTATIONS = [
    create_role,
    update_role,
    remove_role,
    invite_staff,
    renew_invitation,
    accept_invitation,
    change_staff_roles,
    deactivate_staff,
    reactivate_staff,
]
