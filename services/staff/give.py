"""Giving a role to a member, and taking it away again."""

from uuid import UUID

from models.engines import Row
from models.kinds import GrantState
from services.actors import Actor
from services.ledger.books import Books
from services.staff.register import GRANTS


def give_role(books: Books, actor: Actor, member_id: UUID, role_id: UUID) -> None:
    """Let a member hold a role."""
    books.insert(
        GRANTS.table,
        {
            "id": books.new_id(),
            "member_id": member_id,
            "role_id": role_id,
            "state": GrantState.HELD,
            "given_by": actor.principal,
            "given_at": books.now,
            "taken_by": None,
            "taken_at": None,
        },
    )


def take_role(books: Books, actor: Actor, grant: Row) -> None:
    """Let a member hold a role no more."""
    books.update(
        GRANTS.table,
        grant["id"],
        state=GrantState.TAKEN,
        taken_by=actor.principal,
        taken_at=books.now,
    )
