"""Putting money in, through the bank (L2).

The deposit is kept before the bank is asked, and its id is the bank's instruction id: whatever
dies in between, asking again takes nothing twice and loses nothing.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from uuid import UUID

from models import BankCard, BankInstruction, Deposit
from models.engines import Row
from models.kinds import BankPurpose, DepositState
from services.accounts.ownership import check_takes_deposits, own_account
from services.actors import Actor
from services.allowances import PAID_IN, allowance_facts, use
from services.bank import BankOutcome, BankState, BankUnavailable
from services.banking.cards import CARDS, own_card
from services.banking.conclude import conclude
from services.banking.deposits import DEPOSITS
from services.banking.instructions import PATIENCE, instruct, require_bank
from services.banking.pursue import pursue
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key, RowLock
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class DepositOrder:
    """How much goes into which account, and from which bound card."""

    key: str
    account_id: UUID
    amount_minor: int
    currency: str
    card_id: UUID | None = None


async def deposit(house: House, actor: Actor, order: DepositOrder) -> Answered:
    """Collect money from the customer through the bank, and post it once it is there.

    Where no card is named, it comes from the only one that is bound; where none is, from wherever
    the bank knows to find it, if it does without cards. The answer tells how the deposit stands
    by now, asked again as well; what the bank has not settled yet goes on by itself.

    Returns:
        ``deposit`` (its row); ``transaction`` (a row) and ``available_minor`` once it is settled.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``BANK_MISSING``, ``NOT_FOUND``, ``CURRENCY_MISMATCH``, ``SELF_EXCLUDED``,
            ``SELF_LIMIT_EXCEEDED``, ``CARD_REQUIRED``, ``BANK_REFUSED``, ``ACCOUNT_CLOSED``,
            ``ACCOUNT_BLOCKED`` (it is being closed).
    """
    customer_id = actor.customer_id()
    require_bank(house)
    card_id = order.card_id or await _only_card(customer_id)

    def decide(books: Books) -> Body:
        account = own_account(books, order.account_id, customer_id)
        check_takes_deposits(account)
        if account.currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        today = house.business_day(books.now)
        use(books, order.account_id, PAID_IN, order.amount_minor, today)
        if card_id is not None:
            own_card(books, card_id, customer_id)
        elif house.bank.needs_card:
            raise Refused(RefusalCode.CARD_REQUIRED, "cardId")
        instruction = instruct(
            books,
            BankPurpose.DEPOSIT,
            order.account_id,
            order.amount_minor,
            card_id=card_id,
            ask_at=books.now + PATIENCE,
        )
        row: Row = {
            "id": instruction["id"],
            "account_id": order.account_id,
            "card_id": card_id,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "state": DepositState.REQUESTED,
            "reason": None,
            "transaction_id": None,
            "requested_at": books.now,
        }
        books.insert(DEPOSITS.table, row)
        return {"deposit_id": row["id"]}

    requested = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "deposit", order.key, order),
            decide=decide,
            wallets=(order.account_id,),
            facts=allowance_facts(order.account_id),
            locks=() if card_id is None else (RowLock(CARDS.table, card_id),),
        )
    )
    return await _as_it_stands(house, requested)


async def _as_it_stands(house: House, requested: Answered) -> Answered:
    """Ask the bank about a deposit, and return how it stands then."""
    deposit_id = UUID(requested.body["deposit_id"])
    with contextlib.suppress(BankUnavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await pursue(house, deposit_id)
    row: Row = await Deposit.get(id=deposit_id).values()
    if row["state"] == DepositState.REQUESTED:
        return Answered({"deposit": row}, replayed=requested.replayed)
    if row["state"] == DepositState.REFUSED:
        raise Refused(RefusalCode.BANK_REFUSED, replayed=requested.replayed, reason=row["reason"])
    instruction = await BankInstruction.get(id=deposit_id)
    settled = await conclude(house, instruction, BankOutcome(BankState.SETTLED))
    assert settled is not None  # noqa: S101 - the books have this answer
    return Answered(settled.body, replayed=requested.replayed)


async def _only_card(customer_id: UUID) -> UUID | None:
    cards = await BankCard.filter(customer_id=customer_id, unbound_at__isnull=True).limit(2)
    return cards[0].id if len(cards) == 1 else None
