"""Inviting somebody to the staff: a member who sets the first password with a one-time code."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.engines import Row
from models.kinds import SUPERVISORS_MAY, Permission, StaffKind, StaffStanding
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret, secret_hash
from services.staff.give import give_role
from services.staff.register import (
    BY_EMAIL,
    REGISTER_FACTS,
    REGISTER_LOCK,
    check_gives,
    check_manages,
    find_roles,
    given_by,
)

CODE_PREFIX = "coffer_invitation_"
INVITATION_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, as what, and why."""

    key: str
    kind: StaffKind
    name: str
    email: str
    role_ids: tuple[UUID, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The answer, and the one-time code, which is shown this once: a replay has none."""

    answered: Answered
    code: str | None


def fresh_invitation(books: Books, code: str) -> Row:
    """Return the columns of a member who may set a password with a code."""
    return {
        "invitation_hash": secret_hash(code),
        "invited_until": books.now + INVITATION_LIFE,
    }


async def invite_staff(house: House, actor: Actor, invitation: Invitation) -> Invited:
    """Make a member of the staff, with no more permissions than one's own.

    Returns:
        ``member`` (id, kind, name, email, standing, ...), and the code.

    Raises:
        NotAllowed: The caller may not manage the staff.
        Refused: ``EMAIL_TAKEN``, ``NOT_FOUND``, ``MORE_THAN_ONES_OWN``,
            ``SUPERVISOR_HAS_NO_ROLES``.
    """
    return await enrol(house, actor, "inviteStaff", invitation, lambda _: None)


async def enrol(
    house: House,
    actor: Actor,
    operation: str,
    invitation: Invitation,
    check: Callable[[Books], None],
) -> Invited:
    """Make a member of the staff where a check lets it pass; see ``invite_staff``."""
    actor.require(Permission.MANAGE_STAFF)
    member_id = house.new_id()
    email = invitation.email.strip().lower()
    code = new_secret(CODE_PREFIX)

    def decide(books: Books) -> Body:
        check(books)
        own = check_manages(books, actor)
        roles = find_roles(books, invitation.role_ids)
        if invitation.kind is StaffKind.SUPERVISOR:
            if roles:
                raise Refused(RefusalCode.SUPERVISOR_HAS_NO_ROLES, "roleIds")
            check_gives(own, SUPERVISORS_MAY, "kind")
        check_gives(own, given_by(roles), "roleIds")
        if books.one(BY_EMAIL, email) is not None:
            raise Refused(RefusalCode.EMAIL_TAKEN, "email")
        member: Row = {
            "id": member_id,
            "kind": invitation.kind,
            "name": invitation.name,
            "email": email,
            "standing": StaffStanding.INVITED,
            "created_by": actor.principal,
            "created_at": books.now,
            "active_since": None,
            "password_hash": None,
        }
        books.insert(BY_EMAIL.table, member | fresh_invitation(books, code))
        for role in roles:
            give_role(books, actor, member_id, role["id"])
        books.note("kind", None, invitation.kind)
        if roles:
            books.note("roles", None, ", ".join(sorted(role["name"] for role in roles)))
        return {"member": shown(member)}

    arguments = {
        "kind": invitation.kind,
        "name": invitation.name,
        "email": email,
        "role_ids": sorted(map(str, invitation.role_ids)),
        "reason": invitation.reason,
    }
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, operation, invitation.key, arguments),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(*REGISTER_FACTS, Fact(BY_EMAIL, (email,))),
            audit=Audit(member_id, invitation.reason),
        )
    )
    return Invited(answered, None if answered.replayed else code)


def shown(member: Row) -> Row:
    """Return a member's row as an answer may keep it: without what opens anything."""
    return {
        name: value
        for name, value in member.items()
        if name not in {"password_hash", "invitation_hash"}
    }
