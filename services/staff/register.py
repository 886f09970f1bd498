"""The register of staff as a command reads it: who is active, the roles, and who holds them.

Every change of staff or roles takes the register's lock, so that they are decided one after the
other: what somebody may give away, and whether anybody is left to administer, is read under it.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from models import Role, StaffMember, StaffRole
from models.engines import Lookup, Row
from models.kinds import (
    SUPERVISORS_MAY,
    GrantState,
    Permission,
    RoleState,
    StaffKind,
    StaffStanding,
)
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import Actor, ActorKind, NotAllowed, not_found
from services.ledger.books import Books
from services.ledger.command import Fact, RowLock
from services.refusals import RefusalCode, Refused
from services.staff.permissions import permissions_in

MEMBERS = Lookup.of(StaffMember)
BY_EMAIL = Lookup.of(StaffMember, "email")
ROLES = Lookup.of(Role)
GRANTS = Lookup.of(StaffRole)
_BY_STANDING = Lookup.of(StaffMember, "standing")
_ROLES_BY_STATE = Lookup.of(Role, "state")
_GRANTS_BY_STATE = Lookup.of(StaffRole, "state")

REGISTER_LOCK = RowLock(ROLES.table, ADMINISTRATOR_ROLE_ID, exclusive=True)
REGISTER_FACTS = (
    Fact(_BY_STANDING, (StaffStanding.ACTIVE,)),
    Fact(_ROLES_BY_STATE, (RoleState.OFFERED,)),
    Fact(_GRANTS_BY_STATE, (GrantState.HELD,)),
)
"""Small tables, read whole."""


def offered_roles(books: Books) -> dict[UUID, Row]:
    """Return the roles that can be given, by id."""
    return {row["id"]: row for row in books.all(_ROLES_BY_STATE, RoleState.OFFERED)}


def find_roles(books: Books, role_ids: Collection[UUID]) -> list[Row]:
    """Return the roles that shall be given.

    Raises:
        Refused: ``NOT_FOUND``, where one is none, or is removed.
    """
    offered = offered_roles(books)
    for place, role_id in enumerate(role_ids):
        if role_id not in offered:
            raise not_found("roleIds", place)
    return [offered[role_id] for role_id in role_ids]


def grants(books: Books) -> list[Row]:
    """Return the rows of every role that somebody holds."""
    return books.all(_GRANTS_BY_STATE, GrantState.HELD)


def given_by(roles: Iterable[Row]) -> frozenset[Permission]:
    """Return what roles let their holder do."""
    return frozenset().union(*(permissions_in(role["id"], role["permissions"]) for role in roles))


def permissions_of(books: Books, member_id: UUID | None) -> frozenset[Permission]:
    """Return what a member may do now: nothing, unless they are active."""
    active = {row["id"]: row for row in books.all(_BY_STANDING, StaffStanding.ACTIVE)}
    return will_be_allowed(books, active[member_id]) if member_id in active else frozenset()


def find_member(books: Books, member_id: UUID) -> Row:
    """Return a member's row.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    member = books.one(MEMBERS, member_id)
    if member is None:
        raise not_found("memberId")
    return member


def will_be_allowed(books: Books, member: Row) -> frozenset[Permission]:
    """Return what a member may do as soon as they are active."""
    if member["kind"] == StaffKind.SUPERVISOR:
        return SUPERVISORS_MAY
    offered = offered_roles(books)
    return given_by(
        offered[row["role_id"]] for row in grants(books) if row["member_id"] == member["id"]
    )


def is_administered(books: Books) -> bool:
    """Tell whether anybody is active who may manage the staff."""
    return any(
        Permission.MANAGE_STAFF in permissions_of(books, row["id"])
        for row in books.all(_BY_STANDING, StaffStanding.ACTIVE)
    )


def check_administered(books: Books) -> None:
    """Say no to a change that leaves nobody who may manage the staff.

    Raises:
        Refused: ``LAST_ADMINISTRATOR``.
    """
    if not is_administered(books):
        raise Refused(RefusalCode.LAST_ADMINISTRATOR)


def check_manages(books: Books, actor: Actor) -> frozenset[Permission]:
    """Return what the caller may give away, who may have lost it since they were let in.

    Raises:
        NotAllowed: The caller may not manage the staff any more.
    """
    if actor.kind is ActorKind.SYSTEM:
        return frozenset(Permission)
    may = permissions_of(books, actor.id)
    if Permission.MANAGE_STAFF not in may:
        raise NotAllowed(signed_in=True)
    return may


def check_gives(own: frozenset[Permission], given: frozenset[Permission], *path: str | int) -> None:
    """Say no to whoever gives more than they have.

    Raises:
        Refused: ``MORE_THAN_ONES_OWN``.
    """
    if not given <= own:
        raise Refused(RefusalCode.MORE_THAN_ONES_OWN, *path)


def check_other(actor: Actor, member_id: UUID) -> None:
    """Say no to whoever changes what they may do themselves.

    Raises:
        Refused: ``ONES_OWN_ACCESS``.
    """
    if actor.id == member_id:
        raise Refused(RefusalCode.ONES_OWN_ACCESS, "memberId")
