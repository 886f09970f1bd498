"""A new one-time code for somebody who has not come yet: the one before it opens nothing more."""

from uuid import UUID

from models.kinds import Permission, StaffStanding
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret
from services.staff.invite import CODE_PREFIX, Invited, fresh_invitation, shown
from services.staff.register import (
    MEMBERS,
    REGISTER_FACTS,
    REGISTER_LOCK,
    check_gives,
    check_manages,
    find_member,
    will_be_allowed,
)


async def renew_invitation(
    house: House, actor: Actor, key: str, member_id: UUID, reason: str
) -> Invited:
    """Invite somebody again. Whoever is shown the code could use it: they gain nothing by it.

    Returns:
        ``member``, and the code.

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``MORE_THAN_ONES_OWN``, ``INVITATION_ENDED`` when the member has
            come already, or is deactivated.
    """
    actor.require(Permission.MANAGE_STAFF)
    code = new_secret(CODE_PREFIX)

    def decide(books: Books) -> Body:
        own = check_manages(books, actor)
        member = find_member(books, member_id)
        check_gives(own, will_be_allowed(books, member), "memberId")
        if member["standing"] != StaffStanding.INVITED:
            raise Refused(RefusalCode.INVITATION_ENDED, "memberId")
        invitation = fresh_invitation(books, code)
        books.update(MEMBERS.table, member_id, **invitation)
        return {"member": shown(member | invitation)}

    arguments = {"member_id": member_id, "reason": reason}
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "renewInvitation", key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(*REGISTER_FACTS, Fact(MEMBERS, (member_id,))),
            audit=Audit(member_id, reason),
        )
    )
    return Invited(answered, None if answered.replayed else code)
