"""What a person of the house may do."""

from collections.abc import Collection, Iterable
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


async def permissions_of_all(ids: Collection[UUID]) -> dict[UUID, frozenset[Permission]]:
    """Return what each of many members may do now; those who are not active are left out."""
    active = StaffMember.filter(id__in=list(ids), standing=StaffStanding.ACTIVE)
    kinds = dict(await active.values_list("id", "kind"))
    held = StaffRole.filter(member_id__in=list(ids), state=GrantState.HELD)
    grants = await held.values_list("member_id", "role_id")
    roles = Role.filter(id__in=list({role_id for _, role_id in grants}))
    permissions = {
        role_id: permissions_in(role_id, names)
        for role_id, names in await roles.values_list("id", "permissions")
    }
    may = {
        member_id: SUPERVISORS_MAY if kind == StaffKind.SUPERVISOR else frozenset()
        for member_id, kind in kinds.items()
    }
    for member_id, role_id in grants:
        if kinds.get(member_id) == StaffKind.OPERATOR:
            may[member_id] |= permissions.get(role_id, frozenset())
    return may
