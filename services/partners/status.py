"""The change that suspending and resuming share."""

from uuid import UUID

from models.kinds import EventKind, PartnerStatus, Permission
from services import audiences
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key, RowLock
from services.partners.standing import PARTNERS


async def change_status(
    house: House,
    actor: Actor,
    operation: str,
    key: str,
    partner_id: UUID,
    status: PartnerStatus,
    event: EventKind,
    reason: str | None,
) -> Answered:
    """Set a partner's status, and tell the partner where it is a change.

    Raises:
        NotAllowed: The caller may not manage partners.
        Refused: ``NOT_FOUND``.
    """
    actor.require(Permission.MANAGE_PARTNERS)

    def decide(books: Books) -> Body:
        partner = books.one(PARTNERS, partner_id)
        if partner is None:
            raise not_found("partnerId")
        body = {"partner": partner | {"status": status}}
        if partner["status"] != status:
            books.update(PARTNERS.table, partner_id, status=status)
            books.tell(event, body, audiences.partner(partner_id))
        return body

    arguments = {"partner_id": partner_id, "reason": reason}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, operation, key, arguments),
            decide=decide,
            # A partner is judged under its wallet's lock.
            wallets=(partner_id,),
            locks=(RowLock(PARTNERS.table, partner_id, exclusive=True),),
            audit=Audit(partner_id, reason),
        )
    )
