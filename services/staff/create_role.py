"""Making a role."""

from dataclasses import dataclass

from models.engines import Row
from models.kinds import Permission, RoleState
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.refusals import RefusalCode, Refused
from services.staff.permissions import named
from services.staff.register import (
    REGISTER_FACTS,
    REGISTER_LOCK,
    ROLES,
    check_gives,
    check_manages,
    offered_roles,
)


@dataclass(frozen=True, slots=True)
class CreateRole:
    """A name for what some people of the house may do, and why it is needed."""

    key: str
    name: str
    description: str
    permissions: frozenset[Permission]
    reason: str


async def create_role(house: House, actor: Actor, request: CreateRole) -> Answered:
    """Make a role, with no more permissions than one's own.

    Returns:
        ``role`` (its row).

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``ROLE_NAME_TAKEN``, ``MORE_THAN_ONES_OWN``.
    """
    actor.require(Permission.MANAGE_STAFF)
    role_id = house.new_id()

    def decide(books: Books) -> Body:
        check_gives(check_manages(books, actor), request.permissions, "permissions")
        check_name_free(books, request.name)
        role: Row = {
            "id": role_id,
            "name": request.name,
            "description": request.description,
            "permissions": named(request.permissions),
            "state": RoleState.OFFERED,
            "created_by": actor.principal,
            "created_at": books.now,
        }
        books.insert(ROLES.table, role)
        books.note("permissions", None, role["permissions"])
        return {"role": role}

    arguments = {
        "name": request.name,
        "description": request.description,
        "permissions": named(request.permissions),
        "reason": request.reason,
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "createRole", request.key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=REGISTER_FACTS,
            audit=Audit(role_id, request.reason),
        )
    )


def check_name_free(books: Books, name: str) -> None:
    """Say no to a second role of a name; capitals make no difference.

    Raises:
        Refused: ``ROLE_NAME_TAKEN``.
    """
    if any(row["name"].casefold() == name.casefold() for row in offered_roles(books).values()):
        raise Refused(RefusalCode.ROLE_NAME_TAKEN, "name")
