"""Changing a role: what it lets people do holds for all who have it, at once."""

from dataclasses import dataclass
from uuid import UUID

from models.engines import Row
from models.kinds import Permission
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused
from services.staff.create_role import check_name_free
from services.staff.permissions import named, permissions_in
from services.staff.register import (
    REGISTER_FACTS,
    REGISTER_LOCK,
    ROLES,
    check_administered,
    check_gives,
    check_manages,
    offered_roles,
)


@dataclass(frozen=True, slots=True)
class UpdateRole:
    """What a role shall be from now on, and why. None leaves a thing as it is."""

    key: str
    role_id: UUID
    reason: str
    name: str | None = None
    description: str | None = None
    permissions: frozenset[Permission] | None = None


async def update_role(house: House, actor: Actor, request: UpdateRole) -> Answered:
    """Change a role; what is added to it must be one's own.

    Returns:
        ``role`` (its row).

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``ROLE_FIXED``, ``ROLE_NAME_TAKEN``, ``MORE_THAN_ONES_OWN``,
            ``LAST_ADMINISTRATOR``.
    """
    actor.require(Permission.MANAGE_STAFF)

    def decide(books: Books) -> Body:
        own = check_manages(books, actor)
        role = changeable_role(books, request.role_id)
        changes: Row = {}
        if request.name is not None and request.name != role["name"]:
            if request.name.casefold() != role["name"].casefold():
                check_name_free(books, request.name)
            changes["name"] = request.name
        if request.description is not None:
            changes["description"] = request.description
        if request.permissions is not None:
            before = permissions_in(role["id"], role["permissions"])
            check_gives(own, request.permissions - before, "permissions")
            changes["permissions"] = named(request.permissions)
        for name, after in changes.items():
            if after != role[name]:
                books.note(name, role[name], after)
        books.update(ROLES.table, role["id"], **changes)
        check_administered(books)
        return {"role": role | changes}

    arguments = {
        "role_id": request.role_id,
        "name": request.name,
        "description": request.description,
        "permissions": None if request.permissions is None else named(request.permissions),
        "reason": request.reason,
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "updateRole", request.key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=REGISTER_FACTS,
            audit=Audit(request.role_id, request.reason),
        )
    )


def changeable_role(books: Books, role_id: UUID) -> Row:
    """Return the row of a role that may be changed or removed.

    Raises:
        Refused: ``NOT_FOUND``, or ``ROLE_FIXED`` for the administrator's.
    """
    role = offered_roles(books).get(role_id)
    if role is None:
        raise not_found("roleId")
    if role_id == ADMINISTRATOR_ROLE_ID:
        raise Refused(RefusalCode.ROLE_FIXED, "roleId")
    return role
