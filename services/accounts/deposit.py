"""Putting money in, through the bank (L2).

The deposit is kept before the bank is asked, and its id is the bank's instruction id: whatever
dies in between, asking again takes nothing twice and loses nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from models import Deposit
from models.engines import Lookup, Row
from models.kinds import DepositState
from services.accounts.allowances import PAID_IN, allowance_facts, use
from services.accounts.ownership import own_account
from services.accounts.settle_deposit import settle_deposit
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.refusals import RefusalCode, Refused

DEPOSITS = Lookup.of(Deposit)


@dataclass(frozen=True, slots=True)
class DepositOrder:
    """How much goes into which account."""

    key: str
    account_id: UUID
    amount_minor: int
    currency: str


async def deposit(house: House, actor: Actor, order: DepositOrder) -> Answered:
    """Collect money from the customer through the bank, and post it.

    Returns:
        ``deposit``, ``transaction`` (rows), ``available_minor``.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND``, ``CURRENCY_MISMATCH``, ``SELF_EXCLUDED``, ``SELF_LIMIT_EXCEEDED``,
            ``BANK_REFUSED``.
        BankUnavailable: Not known yet; it goes on by itself, or when asked again with the key.
    """
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        account = own_account(books, order.account_id, customer_id)
        if account.currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        today = house.business_day(books.now)
        use(books, order.account_id, PAID_IN, order.amount_minor, today)
        row: Row = {
            "id": books.new_id(),
            "account_id": order.account_id,
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
        )
    )
    settled = await settle_deposit(house, UUID(requested.body["deposit_id"]))
    state = settled.body["deposit"]["state"]
    if state != DepositState.SETTLED:
        reason = settled.body["deposit"]["reason"]
        raise Refused(RefusalCode.BANK_REFUSED, replayed=requested.replayed, reason=reason)
    return Answered(settled.body, replayed=requested.replayed)
