"""Whether people of the house may still do what they could, asked at every event they are told.

An event reaches thousands of them in the same moment. What is asked in one moment is answered with
one look at the database, which begins after the questions: no answer is older than they are.
"""

import asyncio
from uuid import UUID

from models import Role, StaffMember, StaffRole
from models.kinds import SUPERVISORS_MAY, GrantState, Permission, StaffKind, StaffStanding
from services.actors import Actor
from services.staff.permissions import permissions_in

AT_ONCE = 1_000
"""How many people one look is about at the most."""

May = dict[UUID, frozenset[Permission]]
"""What each person may do; those who may not even sign in are left out."""


class StillMay:
    """One process's questions."""

    def __init__(self) -> None:
        self._asked: set[UUID] = set()
        self._look: asyncio.Future[May] | None = None

    async def __call__(self, actor: Actor) -> bool:
        """Tell whether a person of the house may still do what they could when they were let in."""
        if actor.id is None:
            return False
        if self._look is None or len(self._asked) >= AT_ONCE:
            self._asked = set()
            self._look = asyncio.ensure_future(self._look_up(self._asked))
        self._asked.add(actor.id)
        # One who stops waiting does not stop the others' look.
        may = await asyncio.shield(self._look)
        return may.get(actor.id) == actor.permissions

    async def _look_up(self, asked: set[UUID]) -> May:
        await asyncio.sleep(0)  # until all have asked who are told in this moment
        if self._asked is asked:
            self._look = None
        return await _permissions_of(asked)


async def _permissions_of(ids: set[UUID]) -> May:
    members = StaffMember.filter(id__in=ids, standing=StaffStanding.ACTIVE)
    kinds: dict[UUID, str] = dict(await members.values_list("id", "kind"))
    held = StaffRole.filter(member_id__in=ids, state=GrantState.HELD)
    grants = await held.values_list("member_id", "role_id")
    roles = Role.filter(id__in={role_id for _, role_id in grants})
    permissions = {
        role_id: permissions_in(role_id, names)
        for role_id, names in await roles.values_list("id", "permissions")
    }
    may: May = {}
    for member_id, kind in kinds.items():
        may[member_id] = SUPERVISORS_MAY if kind == StaffKind.SUPERVISOR else frozenset()
    for member_id, role_id in grants:
        if kinds.get(member_id) == StaffKind.OPERATOR:
            may[member_id] |= permissions.get(role_id, frozenset())
    return may
