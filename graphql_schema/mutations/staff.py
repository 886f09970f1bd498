"""Managing the people of the house, and their roles."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import PlainRefusal
from graphql_schema.staff import Role, StaffMember
from models.kinds import Permission, StaffKind


@gql_input
class ReasonedInput(KeyedInput):
    """An input of something sensitive, which the audit log keeps with its reason."""

    reason: str = strawberry.field(description="Why, at most 200 characters.")


@gql_input
class CreateRoleInput(ReasonedInput):
    """A new role."""

    name: str = strawberry.field(description="Its name, at most 40 characters.")
    description: str = strawberry.field(description="What it is for, at most 200 characters.")
    permissions: list[Permission] = strawberry.field(
        description="What it lets people do: nothing that you may not do yourself."
    )


@gql_type
class CreateRoleSuccess(Success):
    """The role can be given."""

    role: Role = strawberry.field(description="The new role.")


CreateRoleResult = Annotated[
    CreateRoleSuccess | PlainRefusal,
    strawberry.union("CreateRoleResult", description="What became of `createRole`."),
]


@gql_input
class UpdateRoleInput(ReasonedInput):
    """What a role shall be. What is left out stays as it is."""

    role_id: strawberry.ID = strawberry.field(description="The role.")
    name: str | None = strawberry.field(
        default=None, description="Its name, at most 40 characters."
    )
    description: str | None = strawberry.field(
        default=None, description="What it is for, at most 200 characters."
    )
    permissions: list[Permission] | None = strawberry.field(
        default=None,
        description="What it lets people do; you may add nothing that you may not do yourself.",
    )


@gql_type
class UpdateRoleSuccess(Success):
    """The role is changed, for all who hold it."""

    role: Role = strawberry.field(description="The role.")


UpdateRoleResult = Annotated[
    UpdateRoleSuccess | PlainRefusal,
    strawberry.union("UpdateRoleResult", description="What became of `updateRole`."),
]


@gql_input
class RemoveRoleInput(ReasonedInput):
    """A role that shall be given no more."""

    role_id: strawberry.ID = strawberry.field(description="The role, which nobody holds.")


@gql_type
class RemoveRoleSuccess(Success):
    """The role is given no more."""

    role: Role = strawberry.field(description="The role.")


RemoveRoleResult = Annotated[
    RemoveRoleSuccess | PlainRefusal,
    strawberry.union("RemoveRoleResult", description="What became of `removeRole`."),
]


@gql_input
class InviteStaffInput(ReasonedInput):
    """Who shall belong to the staff."""

    kind: StaffKind = strawberry.field(description="As what.")
    name: str = strawberry.field(description="Their name, at most 80 characters.")
    email: str = strawberry.field(description="Their e-mail address, at most 254 characters.")
    role_ids: list[strawberry.ID] = strawberry.field(
        description="The roles that an operator shall hold, at most 20; a supervisor has none."
    )


@gql_type
class InviteStaffSuccess(Success):
    """They can accept with the code."""

    member: StaffMember = strawberry.field(description="Who was invited.")
    one_time_code: str | None = strawberry.field(
        description=(
            "What `acceptInvitation` asks for, to be handed over by a safe way. It is "
            "shown only here, and null in an answer that is given again."
        )
    )


InviteStaffResult = Annotated[
    InviteStaffSuccess | PlainRefusal,
    strawberry.union("InviteStaffResult", description="What became of `inviteStaff`."),
]


@gql_input
class RenewInvitationInput(ReasonedInput):
    """Whose invitation ran out or got lost."""

    member_id: strawberry.ID = strawberry.field(description="Who was invited, and has not come.")


@gql_type
class RenewInvitationSuccess(Success):
    """They can accept with the new code; the one before it opens nothing any more."""

    member: StaffMember = strawberry.field(description="Who was invited.")
    one_time_code: str | None = strawberry.field(
        description=(
            "What `acceptInvitation` asks for, to be handed over by a safe way. It is "
            "shown only here, and null in an answer that is given again."
        )
    )


RenewInvitationResult = Annotated[
    RenewInvitationSuccess | PlainRefusal,
    strawberry.union("RenewInvitationResult", description="What became of `renewInvitation`."),
]


@gql_input
class AcceptInvitationInput(KeyedInput):
    """What somebody who was invited gives."""

    code: str = strawberry.field(description="The one-time code.")
    password: str = strawberry.field(description="A first password of 10 to 128 characters.")


@gql_type
class AcceptInvitationSuccess(Success):
    """They belong to the staff, and can sign in now."""

    email: str = strawberry.field(description="The e-mail address to sign in with.")
    staff_kind: StaffKind = strawberry.field(description="As what to sign in.")


AcceptInvitationResult = Annotated[
    AcceptInvitationSuccess | PlainRefusal,
    strawberry.union("AcceptInvitationResult", description="What became of `acceptInvitation`."),
]


@gql_input
class ChangeStaffRolesInput(ReasonedInput):
    """Which roles an operator shall hold."""

    member_id: strawberry.ID = strawberry.field(description="The operator: somebody else.")
    role_ids: list[strawberry.ID] = strawberry.field(
        description="These roles and no others, at most 20."
    )


@gql_type
class ChangeStaffRolesSuccess(Success):
    """What they may do is changed at once, on open sockets too."""

    member: StaffMember = strawberry.field(description="The operator.")


ChangeStaffRolesResult = Annotated[
    ChangeStaffRolesSuccess | PlainRefusal,
    strawberry.union("ChangeStaffRolesResult", description="What became of `changeStaffRoles`."),
]


@gql_input
class DeactivateStaffInput(ReasonedInput):
    """Who shall do nothing any more."""

    member_id: strawberry.ID = strawberry.field(description="Somebody else of the staff.")


@gql_type
class DeactivateStaffSuccess(Success):
    """They can do nothing any more; what they were signed in with is dead."""

    member: StaffMember = strawberry.field(description="Who.")


DeactivateStaffResult = Annotated[
    DeactivateStaffSuccess | PlainRefusal,
    strawberry.union("DeactivateStaffResult", description="What became of `deactivateStaff`."),
]


@gql_input
class ReactivateStaffInput(ReasonedInput):
    """Who may come back."""

    member_id: strawberry.ID = strawberry.field(description="Somebody else of the staff.")


@gql_type
class ReactivateStaffSuccess(Success):
    """They may sign in again, with the roles that they had."""

    member: StaffMember = strawberry.field(description="Who.")


ReactivateStaffResult = Annotated[
    ReactivateStaffSuccess | PlainRefusal,
    strawberry.union("ReactivateStaffResult", description="What became of `reactivateStaff`."),
]
