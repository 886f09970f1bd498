"""A sales platform brings the centre's serials for tickets that it sold without them (L21)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models import Ticket, Transaction
from models.engines import Row
from models.kinds import (
    ApiKeyScope,
    DrawState,
    EventKind,
    PartnerKind,
    TicketState,
    TransactionState,
    TransactionType,
)
from services import audiences
from services.accounts.ownership import lottery_account
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.ledger.postings import owner_of
from services.lottery.lookups import DRAWS, SERIALS, TICKETS, TRANSACTIONS
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class ConfirmTickets:
    """Serials for tickets of one purchase, as (ticket, serial)."""

    key: str
    purchase_id: UUID
    serials: tuple[tuple[UUID, str], ...]


async def confirm_tickets(house: House, actor: Actor, order: ConfirmTickets) -> Answered:
    """Give tickets their serials, all of them or none; the purchase is completed by the last.

    A suspended platform may confirm what it sold before. A ticket is confirmed before its
    ``confirm_by`` and before its draw is published, or never: what won is known then.

    Returns:
        ``transaction`` (the purchase's row) and ``tickets`` (the rows of those confirmed).

    Raises:
        NotAllowed: The caller is no sales platform.
        Refused: ``NOT_FOUND`` (the purchase, or a ticket of it), ``TICKET_CONFIRMED`` (it is),
            ``TICKET_REFUNDED`` (it is, or its time is over, so that it will be),
            ``DRAW_PUBLISHED``, ``SERIAL_USED``.
    """
    platform_id = actor.partner_id(PartnerKind.SALES_PLATFORM, scope=ApiKeyScope.SELL)
    bought = await Transaction.get_or_none(
        id=order.purchase_id, partner_id=platform_id, type=TransactionType.PURCHASE
    )
    if bought is None:
        raise not_found("purchaseId")
    # A purchase's tickets and their draws never change, so they may be found before the lock.
    draw_of = {ticket.id: ticket.draw_id for ticket in await Ticket.filter(purchase_id=bought.id)}
    for index, (ticket_id, _) in enumerate(order.serials):
        if ticket_id not in draw_of:
            raise not_found("tickets", index, "ticketId")

    def decide(books: Books) -> Body:
        purchase = books.one(TRANSACTIONS, order.purchase_id)
        assert purchase is not None  # noqa: S101 - seen above, and nothing removes a transaction
        tickets = {ticket["id"]: ticket for ticket in books.all(TICKETS, order.purchase_id)}
        confirmed: list[Row] = []
        serials: set[tuple[UUID, str]] = set()
        for index, (ticket_id, serial) in enumerate(order.serials):
            ticket = tickets[ticket_id]
            _check_ticket(books, ticket, index)
            key = (ticket["draw_id"], serial)
            if key in serials or books.one(SERIALS, *key) is not None:
                raise Refused(RefusalCode.SERIAL_USED, "tickets", index, "serial")
            serials.add(key)
            changes = {"serial": serial, "state": TicketState.CONFIRMED, "confirm_by": None}
            books.update(TICKETS.table, ticket_id, **changes)
            ticket |= changes
            confirmed.append(ticket)
        if all(ticket["state"] != TicketState.UNCONFIRMED for ticket in tickets.values()):
            books.update(TRANSACTIONS.table, purchase["id"], state=TransactionState.COMPLETED)
            purchase |= {"state": TransactionState.COMPLETED}
        _tell(books, purchase, confirmed)
        return {"transaction": purchase, "tickets": confirmed}

    draw_ids = sorted({draw_of[ticket_id] for ticket_id, _ in order.serials})
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "confirmTickets", order.key, order),
            decide=decide,
            wallets=(bought.account_id,),
            locks=tuple(RowLock(DRAWS.table, draw_id) for draw_id in draw_ids),
            facts=(
                Fact(TRANSACTIONS, (order.purchase_id,)),
                Fact(TICKETS, (order.purchase_id,)),
                *(
                    Fact(SERIALS, (draw_of[ticket_id], serial))
                    for ticket_id, serial in order.serials
                ),
            ),
        )
    )


def is_overdue(ticket: Row, now: datetime) -> bool:
    """Whether a ticket was not confirmed in time, so that its stake goes back to the player."""
    return bool(ticket["state"] == TicketState.UNCONFIRMED and now >= ticket["confirm_by"])


def _check_ticket(books: Books, ticket: Row, index: int) -> None:
    path = ("tickets", index, "ticketId")
    if ticket["state"] == TicketState.CONFIRMED:
        raise Refused(RefusalCode.TICKET_CONFIRMED, *path)
    if ticket["state"] == TicketState.REFUNDED or is_overdue(ticket, books.now):
        raise Refused(RefusalCode.TICKET_REFUNDED, *path)
    draw = books.one(DRAWS, ticket["draw_id"])
    if draw is None or draw["state"] == DrawState.PUBLISHED:
        raise Refused(RefusalCode.DRAW_PUBLISHED, *path)


def _tell(books: Books, purchase: Row, tickets: list[Row]) -> None:
    books.tell(
        EventKind.TICKETS_CONFIRMED,
        {"transaction": purchase, "tickets": tickets},
        audiences.customer(owner_of(lottery_account(books, purchase["account_id"]))),
        account_id=purchase["account_id"],
    )
    books.tell(
        EventKind.TICKETS_CONFIRMED,
        {"transaction": purchase | {"balance_after_minor": None}, "tickets": tickets},
        audiences.partner(purchase["partner_id"]),
    )
