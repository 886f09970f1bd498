"""Reporting an account lost: nothing leaves it any more, inflows still arrive (L4)."""

from uuid import UUID

from models.kinds import BlockKind
from services.accounts.blocks import Blocker, block_facts, place_block
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key


async def report_lost(
    house: House, actor: Actor, key: str, account_id: UUID, reason: str | None = None
) -> Answered:
    """Report an account lost, as its holder or an operator; reporting again changes nothing.

    The holder needs to be signed in and no more: who has lost the PIN must be able to.

    Returns:
        ``account`` (its row), ``status``.

    Raises:
        NotAllowed: The caller is no customer, and may not block accounts.
        Refused: ``NOT_FOUND``, ``ACCOUNT_CLOSED``.
    """
    by = Blocker.of(actor)

    def decide(books: Books) -> Body:
        return place_block(books, by.account(books, account_id), BlockKind.LOST, by, reason)

    arguments = {"account_id": account_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "reportLost", key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=block_facts(account_id),
            audit=Audit(account_id, reason),
        )
    )
