"""What a person of the house may do."""

from collections.abc import Iterable
from uuid import UUID

from tortoise.expressions import Subquery

from models import Role, StaffMember, StaffRole
from models.kinds import SUPERVISORS_MAY, GrantState, Permission, StaffKind, StaffStanding
from models.staff import ADMINISTRATOR_ROLE_ID


def permissions_in(role_id: UUID, names: str) -> frozenset[Permission]:
    """Return the permissions of a role, whose row names them; the administrator's are all."""
    if role_id == ADMINISTRATOR_ROLE_ID:
        return frozenset(Permission)
    return frozenset(map(Permission, names.split()))


def named(permissions: Iterable[Permission]) -> str:
    """Return permissions as a role's row names them."""
    return " ".join(sorted(permissions))


async def permissions_of(member: StaffMember) -> frozenset[Permission]:
    """Return what a member may do now: nothing, unless they are active."""
    if member.standing != StaffStanding.ACTIVE:
        return frozenset()
    if member.kind == StaffKind.SUPERVISOR:
        return SUPERVISORS_MAY
    held = StaffRole.filter(member_id=member.id, state=GrantState.HELD).values("role_id")
    roles = await Role.filter(id__in=Subquery(held)).values_list("id", "permissions")
    return frozenset().union(*(permissions_in(role_id, names) for role_id, names in roles))
