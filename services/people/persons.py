"""Who can sign in with a password: customers, operators, supervisors."""

from dataclasses import dataclass
from uuid import UUID

from models import Customer, Session, StaffMember
from models.kinds import StaffKind, StaffStanding
from services.actors import Actor, ActorKind
from services.staff.permissions import permissions_of

PERSONS = frozenset({ActorKind.CUSTOMER, ActorKind.OPERATOR, ActorKind.SUPERVISOR})
"""The kinds of callers who are people."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, if the password is right (and there is one).

    Attributes:
        kind: As what they call.
        id: Theirs.
        password_hash: None for whoever may not sign in now.
    """

    kind: ActorKind
    id: UUID
    password_hash: str | None

    @property
    def actor(self) -> Actor:
        """The person as a caller of whom nothing more is known."""
        return Actor(self.kind, self.id)


async def find_person(kind: ActorKind, email: str) -> Person | None:
    """Return the person of a kind with an e-mail address, whether or not they may sign in."""
    email = email.strip().lower()
    if kind is ActorKind.CUSTOMER:
        customer = await Customer.get_or_none(email=email)
        return None if customer is None else Person(kind, customer.id, customer.password_hash)
    member = await StaffMember.get_or_none(email=email, kind=StaffKind(kind.value))
    if member is None:
        return None
    may_sign_in = member.standing == StaffStanding.ACTIVE
    return Person(kind, member.id, member.password_hash if may_sign_in else None)


async def keep_password(person: Person, password_hash: str) -> None:
    """Keep another hash of the same password, unless the password was changed meanwhile."""
    model = Customer if person.kind is ActorKind.CUSTOMER else StaffMember
    await model.filter(id=person.id, password_hash=person.password_hash).update(
        password_hash=password_hash
    )


async def actor_of(session: Session) -> Actor | None:
    """Return who calls with a session, with what they may do now; None where they may not call.

    A member of the staff who was deactivated does not come back with the sessions of before.
    """
    kind = ActorKind(session.person_kind)
    if kind is ActorKind.CUSTOMER:
        return Actor(kind, session.person_id, credential_id=session.id)
    member = await StaffMember.get_or_none(id=session.person_id, standing=StaffStanding.ACTIVE)
    if member is None or member.active_since is None or session.started_at < member.active_since:
        return None
    permissions = await permissions_of(member)
    return Actor(kind, member.id, credential_id=session.id, permissions=permissions)
