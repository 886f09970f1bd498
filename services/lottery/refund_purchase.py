"""A sales platform gives a purchase back."""

from dataclasses import dataclass
from uuid import UUID

from models import Ticket, Transaction
from models.engines import Row
from models.kinds import ApiKeyScope, PartnerKind, TicketState, TransactionType
from services.actors import Actor, not_found
from services.allowances import ALLOWANCES
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.lottery.draws import is_selling
from services.lottery.lookups import DRAWS, MANDATES, TICKETS, TRANSACTIONS
from services.lottery.refunds import refund
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class RefundPurchase:
    """Which purchase is given back, and why (for people)."""

    key: str
    purchase_id: UUID
    reason: str | None = None


async def refund_purchase(house: House, actor: Actor, order: RefundPurchase) -> Answered:
    """Refund every ticket of a purchase that has not been refunded yet.

    A confirmed ticket can be given back while its draw sells; afterwards it stands, since its
    result may be known. An unconfirmed one can always be given back: it cannot win. A suspended
    platform may refund what it sold.

    Returns:
        ``transaction`` (the refund's row), ``purchase`` (its row afterwards), ``tickets`` (the
        rows of those refunded), ``available_minor`` of the account.

    Raises:
        NotAllowed: The caller is no sales platform.
        Refused: ``NOT_FOUND``, ``TICKET_REFUNDED`` (nothing is left to refund), ``DRAW_CLOSED``
            (a confirmed ticket's draw sells no more; nothing is refunded), ``INSUFFICIENT_FUNDS``
            (the platform's wallet holds less).
    """
    platform_id = actor.partner_id(PartnerKind.SALES_PLATFORM, scope=ApiKeyScope.SELL)
    bought = await Transaction.get_or_none(
        id=order.purchase_id, partner_id=platform_id, type=TransactionType.PURCHASE
    )
    if bought is None:
        raise not_found("purchaseId")
    # A purchase's tickets and their draws never change, so they may be found before the lock.
    draw_ids = {ticket.draw_id for ticket in await Ticket.filter(purchase_id=bought.id)}

    def decide(books: Books) -> Body:
        purchase = books.one(TRANSACTIONS, order.purchase_id)
        assert purchase is not None  # noqa: S101 - seen above, and nothing removes a transaction
        left = [
            ticket
            for ticket in books.all(TICKETS, order.purchase_id)
            if ticket["state"] != TicketState.REFUNDED
        ]
        if not left:
            raise Refused(RefusalCode.TICKET_REFUNDED, "purchaseId")
        if any(_stands(books, ticket) for ticket in left):
            raise Refused(RefusalCode.DRAW_CLOSED, "purchaseId")
        return refund(house, books, purchase, left, order.reason)

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "refundPurchase", order.key, order),
            decide=decide,
            wallets=(bought.account_id, platform_id),
            locks=tuple(RowLock(DRAWS.table, draw_id) for draw_id in sorted(draw_ids)),
            facts=(
                Fact(TRANSACTIONS, (order.purchase_id,)),
                Fact(TICKETS, (order.purchase_id,)),
                Fact(MANDATES, (bought.account_id, platform_id)),
                Fact(ALLOWANCES, (bought.account_id,)),
            ),
        )
    )


def _stands(books: Books, ticket: Row) -> bool:
    if ticket["state"] != TicketState.CONFIRMED:
        return False
    draw = books.one(DRAWS, ticket["draw_id"])
    return draw is None or not is_selling(draw, books.now)
