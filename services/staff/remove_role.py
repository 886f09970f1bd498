"""Removing a role that nobody holds."""

from uuid import UUID

from models.kinds import Permission, RoleState
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused
from services.staff.register import (
    REGISTER_FACTS,
    REGISTER_LOCK,
    ROLES,
    check_manages,
    grants,
)
from services.staff.update_role import changeable_role


async def remove_role(house: House, actor: Actor, key: str, role_id: UUID, reason: str) -> Answered:
    """Let a role be given no more; its row stays, because the audit log speaks of it.

    Returns:
        ``role`` (its row).

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``ROLE_FIXED``, ``ROLE_IN_USE``.
    """
    actor.require(Permission.MANAGE_STAFF)

    def decide(books: Books) -> Body:
        check_manages(books, actor)
        role = changeable_role(books, role_id)
        if any(row["role_id"] == role_id for row in grants(books)):
            raise Refused(RefusalCode.ROLE_IN_USE, "roleId")
        books.update(ROLES.table, role_id, state=RoleState.REMOVED)
        return {"role": role | {"state": RoleState.REMOVED}}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "removeRole", key, {"role_id": role_id, "reason": reason}),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=REGISTER_FACTS,
            audit=Audit(role_id, reason),
        )
    )
