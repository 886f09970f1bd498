"""Deactivating a member of the staff: they can do nothing from this moment on."""

from uuid import UUID

from models.kinds import Permission, StaffStanding
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.staff.invite import shown
from services.staff.register import (
    MEMBERS,
    REGISTER_FACTS,
    REGISTER_LOCK,
    check_administered,
    check_manages,
    check_other,
    find_member,
)


async def deactivate_staff(
    house: House, actor: Actor, key: str, member_id: UUID, reason: str
) -> Answered:
    """Let somebody else neither sign in nor act. Whoever is deactivated already stays so.

    Returns:
        ``member``.

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``ONES_OWN_ACCESS``, ``LAST_ADMINISTRATOR``.
    """
    actor.require(Permission.MANAGE_STAFF)

    def decide(books: Books) -> Body:
        check_manages(books, actor)
        member = find_member(books, member_id)
        check_other(actor, member_id)
        if member["standing"] != StaffStanding.DEACTIVATED:
            books.note("standing", member["standing"], StaffStanding.DEACTIVATED)
            books.update(MEMBERS.table, member_id, standing=StaffStanding.DEACTIVATED)
        check_administered(books)
        return {"member": shown(member) | {"standing": StaffStanding.DEACTIVATED}}

    arguments = {"member_id": member_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "deactivateStaff", key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(*REGISTER_FACTS, Fact(MEMBERS, (member_id,))),
            audit=Audit(member_id, reason),
        )
    )
