"""A player takes a sales platform's permission back."""

from uuid import UUID

from models.kinds import EventKind
from services.accounts.ownership import own_account
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.lottery.lookups import MANDATES
from services.lottery.mandates import told
from services.refusals import RefusalCode, Refused


async def revoke_mandate(
    house: House, actor: Actor, key: str, account_id: UUID, partner_id: UUID
) -> Answered:
    """Take a permission back: no purchase decided after this uses it.

    Returns:
        ``mandate`` (its row).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND`` (account), ``MANDATE_MISSING``.
    """
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        own_account(books, account_id, customer_id)
        mandate = books.one(MANDATES, account_id, partner_id)
        if mandate is None or mandate["revoked_at"] is not None:
            raise Refused(RefusalCode.MANDATE_MISSING, "partnerId")
        books.update(MANDATES.table, mandate["id"], revoked_at=books.now)
        mandate |= {"revoked_at": books.now}
        return told(books, EventKind.MANDATE_REVOKED, customer_id, mandate)

    arguments = {"account_id": account_id, "partner_id": partner_id}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "revokeMandate", key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=(Fact(MANDATES, (account_id, partner_id)),),
        )
    )
