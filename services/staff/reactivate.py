"""Letting a deactivated member of the staff come back."""

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
    check_gives,
    check_manages,
    check_other,
    find_member,
    will_be_allowed,
)


async def reactivate_staff(
    house: House, actor: Actor, key: str, member_id: UUID, reason: str
) -> Answered:
    """Let somebody else sign in again, with the roles they had: none may give more than one has.

    Whoever had not set a password yet is invited still, and needs a code: ``renew_invitation``.

    Returns:
        ``member``.

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``ONES_OWN_ACCESS``, ``MORE_THAN_ONES_OWN``.
    """
    actor.require(Permission.MANAGE_STAFF)

    def decide(books: Books) -> Body:
        own = check_manages(books, actor)
        member = find_member(books, member_id)
        check_other(actor, member_id)
        if member["standing"] != StaffStanding.DEACTIVATED:
            return {"member": shown(member)}
        check_gives(own, will_be_allowed(books, member), "memberId")
        come = member["password_hash"] is not None
        changes = {
            "standing": StaffStanding.ACTIVE if come else StaffStanding.INVITED,
            "active_since": books.now if come else None,
        }
        books.note("standing", member["standing"], changes["standing"])
        books.update(MEMBERS.table, member_id, **changes)
        return {"member": shown(member | changes)}

    arguments = {"member_id": member_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "reactivateStaff", key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(*REGISTER_FACTS, Fact(MEMBERS, (member_id,))),
            audit=Audit(member_id, reason),
        )
    )
