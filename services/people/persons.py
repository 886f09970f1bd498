"""Who can sign in with a password: customers, operators, supervisors."""

from dataclasses import dataclass, field
from uuid import UUID

from models import Customer, Session, StaffMember
from models.engines import Lookup
from models.kinds import StaffKind, StaffStanding
from services import audiences
from services.actors import Actor, ActorKind, NotAllowed
from services.ledger.command import Fact, RowLock
from services.staff.permissions import permissions_of

PERSONS = frozenset({ActorKind.CUSTOMER, ActorKind.OPERATOR, ActorKind.SUPERVISOR})
"""The kinds of callers who are people."""

_CUSTOMERS = Lookup.of(Customer)
_STAFF = Lookup.of(StaffMember)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, if the password is right (and there is one).

    Attributes:
        kind: As what they call.
        id: Theirs.
        email: Theirs.
        password_hash: None for whoever may not sign in now.
        has_proved_email: Whether the address is known to be theirs: a customer has proved it, an
            administrator vouches for the staff's.
    """

    kind: ActorKind
    id: UUID
    email: str = field(repr=False)
    password_hash: str | None = field(repr=False)
    has_proved_email: bool

    @property
    def actor(self) -> Actor:
        """The person as a caller of whom nothing more is known."""
        return Actor(self.kind, self.id)

    @property
    def audience(self) -> str:
        """Who hears what is told to the person."""
        if self.kind is ActorKind.CUSTOMER:
            return audiences.customer(self.id)
        return audiences.member(self.id)

    @property
    def rows(self) -> Lookup:
        """How a command finds the person's row."""
        return _CUSTOMERS if self.kind is ActorKind.CUSTOMER else _STAFF

    @property
    def lock(self) -> RowLock:
        """Under which a command decides what the person signs in with."""
        return RowLock(self.rows.table, self.id, exclusive=True)

    @property
    def fact(self) -> Fact:
        """The person's row, for a command to read."""
        return Fact(self.rows, (self.id,))


def _customer(row: Customer) -> Person:
    proved = row.email_verified_at is not None
    return Person(ActorKind.CUSTOMER, row.id, row.email, row.password_hash, proved)


def _member(row: StaffMember) -> Person:
    kind = ActorKind(StaffKind(row.kind).value)
    may_sign_in = row.standing == StaffStanding.ACTIVE
    password_hash = row.password_hash if may_sign_in else None
    return Person(kind, row.id, row.email, password_hash, may_sign_in)


async def find_person(kind: ActorKind, email: str) -> Person | None:
    """Return the person of a kind with an e-mail address, whether or not they may sign in."""
    email = email.strip().lower()
    if kind is ActorKind.CUSTOMER:
        customer = await Customer.get_or_none(email=email)
        return None if customer is None else _customer(customer)
    member = await StaffMember.get_or_none(email=email, kind=StaffKind(kind.value))
    return None if member is None else _member(member)


async def find_by_id(kind: ActorKind, person_id: UUID) -> Person | None:
    """Return the person of a kind with an id, whether or not they may sign in."""
    if kind is ActorKind.CUSTOMER:
        customer = await Customer.get_or_none(id=person_id)
        return None if customer is None else _customer(customer)
    member = await StaffMember.get_or_none(id=person_id, kind=StaffKind(kind.value))
    return None if member is None else _member(member)


async def person_of(actor: Actor) -> Person:
    """Return the person who calls.

    Raises:
        NotAllowed: The caller is no person.
    """
    person = None
    if actor.kind in PERSONS and actor.id is not None:
        person = await find_by_id(actor.kind, actor.id)
    if person is None:
        raise NotAllowed(signed_in=actor.kind is not ActorKind.NOBODY)
    return person


async def keep_password(person: Person, password_hash: str) -> bool:
    """Keep another hash of the same password; tell whether the password was still the same.

    Within a transaction, the person's row stays locked until its end.
    """
    model = Customer if person.kind is ActorKind.CUSTOMER else StaffMember
    same = model.filter(id=person.id, password_hash=person.password_hash)
    return bool(await same.update(password_hash=password_hash))


async def actor_of(session: Session) -> Actor | None:
    """Return who calls with a session, with what they may do now; None where they may not call.

    A member of the staff who was deactivated does not come back with the sessions of before.
    """
    kind = ActorKind(session.person_kind)
    if kind is ActorKind.CUSTOMER:
        return Actor(
            kind,
            session.person_id,
            credential_id=session.id,
            stepped_up_until=session.stepped_up_until,
        )
    member = await StaffMember.get_or_none(id=session.person_id, standing=StaffStanding.ACTIVE)
    if member is None or member.active_since is None or session.started_at < member.active_since:
        return None
    permissions = await permissions_of(member)
    return Actor(kind, member.id, credential_id=session.id, permissions=permissions)
