"""Refunding by itself what a sales platform did not confirm in time (L21)."""

import asyncio
from uuid import UUID

import structlog

from models import Ticket, Transaction
from models.kinds import TicketState
from services.actors import SYSTEM
from services.allowances import ALLOWANCES
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.lottery.confirm_tickets import is_overdue
from services.lottery.lookups import MANDATES, TICKETS, TRANSACTIONS
from services.lottery.refunds import refund
from services.refusals import Refused

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""How many purchases are looked at in one go."""

REASON = "not confirmed in time"


class NotNowError(Exception):
    """Nothing is to be refunded now, or it cannot be paid yet.

    Not a refusal, because the desk would keep one as the answer under the purchase's key, and the
    next attempt must be free to succeed.
    """


async def refund_overdue(house: House) -> int:
    """Refund the unconfirmed tickets whose ``confirm_by`` has passed, purchase by purchase.

    For workers, as often as they like: each purchase has a key of its own, and whether a ticket
    is still unconfirmed is decided again under the lock, so a platform that confirms at the same
    moment either comes first or finds it refunded. What a platform has no money for is tried
    again the next time.

    Returns:
        How many purchases were refunded.
    """
    refunded = 0
    seen: set[UUID] = set()
    while purchase_ids := await _overdue(house, seen):
        seen.update(purchase_ids)
        purchases = await Transaction.filter(id__in=purchase_ids)
        answers = await asyncio.gather(
            *(house.desk.submit(_command(house, purchase)) for purchase in purchases),
            return_exceptions=True,
        )
        for purchase, answer in zip(purchases, answers, strict=True):
            if isinstance(answer, Answered):
                refunded += not answer.replayed
            elif isinstance(answer, NotNowError):
                log.warning("overdue refund waits", purchase=str(purchase.id), why=str(answer))
            else:
                raise answer
    return refunded


async def _overdue(house: House, seen: set[UUID]) -> list[UUID]:
    """Return purchases with overdue tickets, less those that this pass has tried."""
    overdue = Ticket.filter(state=TicketState.UNCONFIRMED, confirm_by__lte=house.clock())
    if seen:
        overdue = overdue.filter(purchase_id__not_in=seen)
    ids = await overdue.order_by("confirm_by").limit(AT_ONCE).values_list("purchase_id", flat=True)
    return sorted({UUID(str(purchase_id)) for purchase_id in ids})


def _command(house: House, bought: Transaction) -> Command:
    platform_id = bought.partner_id
    assert platform_id is not None  # noqa: S101 - a purchase has a platform

    def decide(books: Books) -> Body:
        purchase = books.one(TRANSACTIONS, bought.id)
        assert purchase is not None  # noqa: S101 - nothing removes a transaction
        tickets = [t for t in books.all(TICKETS, bought.id) if is_overdue(t, books.now)]
        if not tickets:
            raise NotNowError("confirmed or refunded meanwhile")
        try:
            return refund(house, books, purchase, tickets, REASON)
        except Refused as refused:
            raise NotNowError(refused.refusal.code) from refused

    return Command(
        # All tickets of a purchase fall due together, so one refund settles all of them.
        key=Key.of(SYSTEM.principal, "refundOverdue", str(bought.id), {}),
        decide=decide,
        wallets=(bought.account_id, platform_id),
        facts=(
            Fact(TRANSACTIONS, (bought.id,)),
            Fact(TICKETS, (bought.id,)),
            Fact(MANDATES, (bought.account_id, platform_id)),
            Fact(ALLOWANCES, (bought.account_id,)),
        ),
    )
