"""Freezing an account: nothing leaves it any more, inflows still arrive (L5)."""

from uuid import UUID

from services.accounts.blocks import Blocker, block_facts, place_block
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key


async def freeze_account(
    house: House, actor: Actor, key: str, account_id: UUID, reason: str | None = None
) -> Answered:
    """Freeze an account, as its holder or an operator; freezing again changes nothing.

    The holder's freeze and the house's are two: both can stand, and each is lifted by whose it is.

    Returns:
        ``account`` (its row), ``status``.

    Raises:
        NotAllowed: The caller is no customer, and may not block accounts.
        Refused: ``NOT_FOUND``, ``ACCOUNT_CLOSED``.
    """
    by = Blocker.of(actor)

    def decide(books: Books) -> Body:
        account = by.account(books, account_id)
        return place_block(books, account, by.freezes_as, by, reason)

    arguments = {"account_id": account_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "freezeAccount", key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=block_facts(account_id),
            audit=Audit(account_id, reason),
        )
    )
