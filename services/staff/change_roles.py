"""Changing which roles an operator holds; it holds at once, on open sockets too."""

from uuid import UUID

from models.kinds import Permission, StaffKind
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused
from services.staff.give import give_role, take_role
from services.staff.invite import shown
from services.staff.register import (
    MEMBERS,
    REGISTER_FACTS,
    REGISTER_LOCK,
    check_administered,
    check_gives,
    check_manages,
    check_other,
    find_member,
    find_roles,
    given_by,
    grants,
    offered_roles,
)


async def change_staff_roles(
    house: House, actor: Actor, key: str, member_id: UUID, role_ids: tuple[UUID, ...], reason: str
) -> Answered:
    """Let somebody else hold these roles and no others; what they gain must be one's own.

    Returns:
        ``member``.

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``NOT_FOUND``, ``ONES_OWN_ACCESS``, ``MORE_THAN_ONES_OWN``,
            ``SUPERVISOR_HAS_NO_ROLES``, ``LAST_ADMINISTRATOR``.
    """
    actor.require(Permission.MANAGE_STAFF)

    def decide(books: Books) -> Body:
        own = check_manages(books, actor)
        member = find_member(books, member_id)
        check_other(actor, member_id)
        if member["kind"] == StaffKind.SUPERVISOR:
            raise Refused(RefusalCode.SUPERVISOR_HAS_NO_ROLES, "memberId")
        wanted = {role["id"]: role for role in find_roles(books, role_ids)}
        held = {row["role_id"]: row for row in grants(books) if row["member_id"] == member_id}
        added = [role for role_id, role in wanted.items() if role_id not in held]
        check_gives(own, given_by(added), "roleIds")
        for role in added:
            give_role(books, actor, member_id, role["id"])
        for role_id, grant in held.items():
            if role_id not in wanted:
                take_role(books, actor, grant)
        if wanted.keys() != held.keys():
            names = {role_id: role["name"] for role_id, role in offered_roles(books).items()}
            before, after = (", ".join(sorted(map(names.__getitem__, of))) for of in (held, wanted))
            books.note("roles", before, after)
        check_administered(books)
        return {"member": shown(member)}

    arguments = {
        "member_id": member_id,
        "role_ids": sorted(map(str, role_ids)),
        "reason": reason,
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "changeStaffRoles", key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(*REGISTER_FACTS, Fact(MEMBERS, (member_id,))),
            audit=Audit(member_id, reason),
        )
    )
