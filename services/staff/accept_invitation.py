"""Accepting an invitation: the member sets the first password, and is active."""

from dataclasses import dataclass

from models import StaffMember
from models.engines import Lookup
from models.kinds import StaffKind, StaffStanding
from services.actors import Actor, ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.password_rules import check_password
from services.passwords import hash_password
from services.refusals import RefusalCode, Refused
from services.secrets import secret_hash
from services.staff.invite import shown
from services.staff.register import MEMBERS, REGISTER_LOCK

BY_INVITATION = Lookup.of(StaffMember, "invitation_hash")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The one-time code, and the first password."""

    key: str
    code: str
    password: str


async def accept_invitation(house: House, acceptance: Acceptance) -> Answered:
    """Set the first password of the member whom a code belongs to; it works once.

    Returns:
        ``member``.

    Raises:
        Refused: ``INVITATION_ENDED``, alike whether the code is wrong, used, replaced or too old;
            ``WEAK_PASSWORD``.
    """
    code_hash = secret_hash(acceptance.code)
    invited = await StaffMember.get_or_none(invitation_hash=code_hash)
    if invited is None:
        # Guesses are answered before a hash is made, and are not worth keeping.
        raise Refused(RefusalCode.INVITATION_ENDED, "code")
    check_password(acceptance.password, invited.email)
    password_hash = await hash_password(acceptance.password)
    kind = ActorKind(StaffKind(invited.kind).value)
    member_id = invited.id

    def decide(books: Books) -> Body:
        member = books.one(BY_INVITATION, code_hash)
        if (
            member is None
            or member["standing"] != StaffStanding.INVITED
            or member["invited_until"] <= books.now
        ):
            raise Refused(RefusalCode.INVITATION_ENDED, "code")
        changes = {"standing": StaffStanding.ACTIVE, "active_since": books.now}
        books.update(MEMBERS.table, member["id"], password_hash=password_hash, **changes)
        books.note("standing", member["standing"], StaffStanding.ACTIVE)
        return {"member": shown(member | changes)}

    # The password stays out of the fingerprint, which is kept.
    principal = Actor(kind, member_id).principal
    return await house.desk.submit(
        Command(
            key=Key.of(principal, "acceptInvitation", acceptance.key, {"code": code_hash}),
            decide=decide,
            locks=(REGISTER_LOCK,),
            facts=(Fact(BY_INVITATION, (code_hash,)),),
            audit=Audit(member_id),
        )
    )
