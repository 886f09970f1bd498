"""The change that suspending and resuming share."""

from uuid import UUID

from models.kinds import EventKind, PartnerKind, PartnerStatus
from services import audiences
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key, RowLock
from services.partners.standing import PARTNERS, check_active, standing


async def change_status(
    house: House,
    actor: Actor,
    operation: str,
    key: str,
    partner_id: UUID,
    status: PartnerStatus,
    event: EventKind,
) -> Answered:
    """Set a partner's status as an operator, and tell the partner where it is a change.

    Raises:
        NotAllowed: The caller is no operator.
        Refused: ``PARTNER_SUSPENDED`` (the operator itself), ``NOT_FOUND``.
    """
    operator_id = actor.partner_id(PartnerKind.OPERATOR)

    def decide(books: Books) -> Body:
        check_active(books, operator_id)
        partner = books.one(PARTNERS, partner_id)
        if partner is None:
            raise not_found("partnerId")
        body = {"partner": partner | {"status": status}}
        if partner["status"] != status:
            books.update(PARTNERS.table, partner_id, status=status)
            books.tell(event, body, audiences.partner(partner_id))
        return body

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, operation, key, {"partner_id": partner_id}),
            decide=decide,
            # Platforms and centres are judged under their wallet's lock, operators, which have
            # no wallet, under their row's. The shared lock is weaker than the exclusive one, and
            # the desk takes the stronger where an operator names itself.
            wallets=(partner_id,),
            locks=(RowLock(PARTNERS.table, partner_id, exclusive=True), standing(operator_id)),
        )
    )
