"""What is still under way on an account, so that it cannot be closed yet."""

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q, Subquery

from models import Deposit, Draw, Ticket, Transaction, WinningTicket, Withdrawal
from models.engines import Lookup
from models.kinds import (
    DepositState,
    DrawState,
    PendingBusiness,
    TicketState,
    TransactionType,
    WinningState,
    WithdrawalState,
)
from services.ledger.books import Books
from services.ledger.command import Fact

DEPOSITS = Lookup.of(Deposit, "account_id", "state")
WITHDRAWALS = Lookup.of(Withdrawal, "account_id", "state")
PURCHASE = TransactionType.PURCHASE


async def lottery_business(account_id: UUID, now: datetime) -> frozenset[PendingBusiness]:
    """Return what the lottery still has to do with an account.

    While no line is added to its wallet, nothing is added to this either: a ticket comes with a
    purchase, and a prize with a ticket whose draw was not published.
    """
    pending = set()
    purchases = Transaction.filter(account_id=account_id, type=PURCHASE).values("id")
    unpublished = Draw.filter(state__in=[DrawState.OPEN, DrawState.CLOSED]).values("id")
    stands = Q(state=TicketState.CONFIRMED, draw_id__in=Subquery(unpublished))
    tickets = Ticket.filter(
        Q(state=TicketState.UNCONFIRMED) | stands, purchase_id__in=Subquery(purchases)
    )
    if await tickets.exists():
        pending.add(PendingBusiness.TICKETS)
    unpaid = WinningTicket.filter(account_id=account_id, state=WinningState.UNPAID)
    claimed = Draw.filter(state=DrawState.PUBLISHED, claims_close_at__gt=now).values("id")
    if await unpaid.filter(draw_id__in=Subquery(claimed)).exists():
        pending.add(PendingBusiness.PRIZES)
    return frozenset(pending)


def money_facts(account_id: UUID) -> tuple[Fact, ...]:
    """Return the facts that ``money_under_way`` needs."""
    return (
        Fact(DEPOSITS, (account_id, DepositState.REQUESTED)),
        Fact(WITHDRAWALS, (account_id, WithdrawalState.REQUESTED)),
    )


def money_under_way(books: Books, account_id: UUID) -> frozenset[PendingBusiness]:
    """Return what of an account's money is at the bank's or set aside, under its wallet's lock."""
    under_way = {
        PendingBusiness.DEPOSITS: books.all(DEPOSITS, account_id, DepositState.REQUESTED),
        PendingBusiness.WITHDRAWALS: books.all(WITHDRAWALS, account_id, WithdrawalState.REQUESTED),
        PendingBusiness.HOLDS: books.wallet(account_id).held_minor,
    }
    return frozenset(pending for pending, there in under_way.items() if there)
