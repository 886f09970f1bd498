"""The people of the house, and their roles."""

from typing import ClassVar

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.port import Info
from graphql_schema.relay import Node, NodeKind, uuid_of
from graphql_schema.scalars import Moment, moment, moment_or_none
from models.engines import Row
from models.kinds import SUPERVISORS_MAY, Permission, RoleState, StaffKind, StaffStanding
from services.staff.permissions import permissions_in

gql_enum(
    Permission,
    "What a person of the house may do. A role is a set of these.",
    {
        "SEE_CUSTOMERS": "See customers, their accounts, and what happens on them.",
        "SEE_PERSONAL_DATA": "See a customer's name, identity and phone unmasked, for a reason.",
        "SEE_LEDGER": "See the ledger: its position, its check, statements, and alerts.",
        "SEE_AUDIT": "See the audit log, the staff, and how the house is set up.",
        "BLOCK_ACCOUNTS": "Block accounts, and lift what blocks them.",
        "PAY_PRIZES": "Pay prizes, one by one or a whole draw's.",
        "ORDER_ENTRIES": "Order entries of the ledger: holds, reversals, corrections.",
        "MANAGE_PARTNERS": "Suspend partners, let them go on, and manage their access.",
        "MANAGE_STAFF": "Invite and deactivate people of the house; make, change and give roles.",
        "SET_PARAMETERS": "Set system parameters.",
        "ATTRIBUTE_SUSPENSE": "See money that arrived for nobody, attribute it or send it back.",
    },
)
gql_enum(
    StaffKind,
    "What a person of the house is.",
    {
        "OPERATOR": "Operates the house, as far as their roles permit.",
        "SUPERVISOR": "Reads, proves and compares, and changes nothing.",
    },
)
gql_enum(
    StaffStanding,
    "Whether a person of the house may sign in.",
    {
        "INVITED": "Not yet: they have to set their first password.",
        "ACTIVE": "They may.",
        "DEACTIVATED": "They may not, and what they were signed in with is dead.",
    },
)
gql_enum(
    RoleState,
    "Whether a role can be given.",
    {
        "OFFERED": "It can.",
        "REMOVED": "It cannot, and nobody holds it.",
    },
)


@gql_type
class Role(Node):
    """A named set of permissions, given to operators."""

    KIND: ClassVar[NodeKind] = NodeKind.ROLE

    @gql_field
    def name(self) -> str:
        """Its name, which no other role has that can be given."""
        return str(self.row["name"])

    @gql_field
    def description(self) -> str:
        """What it is for."""
        return str(self.row["description"])

    @gql_field
    def permissions(self) -> list[Permission]:
        """What it lets people do."""
        return sorted(_of_role(self.row))

    @gql_field
    def state(self) -> RoleState:
        """Whether it can be given."""
        return RoleState(self.row["state"])

    @gql_field
    def created_at(self) -> Moment:
        """When it was made."""
        return moment(self.row["created_at"])


@gql_type
class StaffMember(Node):
    """A person of the house."""

    KIND: ClassVar[NodeKind] = NodeKind.STAFF_MEMBER

    @gql_field
    def name(self) -> str:
        """Their name."""
        return str(self.row["name"])

    @gql_field
    def email(self) -> str:
        """The e-mail address to sign in with."""
        return str(self.row["email"])

    @gql_field
    def staff_kind(self) -> StaffKind:
        """What they are."""
        return StaffKind(self.row["kind"])

    @gql_field
    def standing(self) -> StaffStanding:
        """Whether they may sign in."""
        return StaffStanding(self.row["standing"])

    @gql_field
    def created_at(self) -> Moment:
        """When they were invited."""
        return moment(self.row["created_at"])

    @gql_field
    def invited_until(self) -> Moment | None:
        """Until when the invitation is good; null when nothing is known of one."""
        return moment_or_none(self.row.get("invited_until"))

    @gql_field
    async def roles(self, info: Info) -> list[Role]:
        """The roles that they hold; a supervisor has none."""
        return [Role(row=row) for row in await info.context.reads.roles_of(uuid_of(self.row["id"]))]

    @gql_field
    async def permissions(self, info: Info) -> list[Permission]:
        """What they may do as long as they are active."""
        if self.row["kind"] == StaffKind.SUPERVISOR:
            return sorted(SUPERVISORS_MAY)
        rows = await info.context.reads.roles_of(uuid_of(self.row["id"]))
        return sorted(frozenset[Permission]().union(*map(_of_role, rows)))


def _of_role(row: Row) -> frozenset[Permission]:
    return permissions_in(uuid_of(row["id"]), str(row["permissions"]))
