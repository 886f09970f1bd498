"""Taking money out, to one's own bank card (L8).

Nothing here waits for the bank: the money is in transit when the answer is given, and the rest
goes on by itself (``services/banking/``).
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models import Withdrawal
from models.currencies import system_wallet_id
from models.engines import Lookup
from models.kinds import WalletKind, WithdrawalState
from services.accounts.ownership import own_account
from services.actors import Actor
from services.banking.cards import CARDS, own_card
from services.banking.instructions import require_bank
from services.banking.withdrawals import begin_withdrawal
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.parameters import ParameterName
from services.refusals import RefusalCode, Refused

OF_DAY = Lookup.of(Withdrawal, "account_id", "day")
COUNTED = frozenset({WithdrawalState.REQUESTED, WithdrawalState.SETTLED})
"""What counts towards the day's limit: what came back does not."""


@dataclass(frozen=True, slots=True)
class WithdrawalOrder:
    """How much goes from which account to which bound card."""

    key: str
    account_id: UUID
    card_id: UUID
    amount_minor: int
    currency: str


async def request_withdrawal(house: House, actor: Actor, order: WithdrawalOrder) -> Answered:
    """Take money out of the caller's account, on its way to a card of their own.

    Returns:
        ``withdrawal``, ``transaction`` (rows), ``available_minor``.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``STEP_UP_REQUIRED``, ``BANK_MISSING``, ``NOT_FOUND``, ``CURRENCY_MISMATCH``,
            ``WITHDRAWAL_LIMIT_EXCEEDED`` with ``allowed_minor``, ``ACCOUNT_BLOCKED``,
            ``INSUFFICIENT_FUNDS``.
    """
    customer_id = actor.customer_id()
    now = house.clock()
    actor.require_step_up(now)
    require_bank(house)
    per_day_minor = await house.parameters.value(ParameterName.WITHDRAWAL_PER_DAY_MINOR)
    day = house.business_day(now)

    def decide(books: Books) -> Body:
        account = own_account(books, order.account_id, customer_id)
        if account.currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        own_card(books, order.card_id, customer_id)
        _check_day(books, order, day, per_day_minor)
        return begin_withdrawal(books, order.account_id, order.card_id, order.amount_minor, day)

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "requestWithdrawal", order.key, order),
            decide=decide,
            wallets=(
                order.account_id,
                system_wallet_id(WalletKind.IN_TRANSIT, order.currency),
            ),
            locks=(RowLock(CARDS.table, order.card_id),),
            facts=(Fact(OF_DAY, (order.account_id, day)),),
        )
    )


def _check_day(books: Books, order: WithdrawalOrder, day: date, per_day_minor: int) -> None:
    begun_minor = sum(
        row["amount_minor"]
        for row in books.all(OF_DAY, order.account_id, day)
        if row["state"] in COUNTED
    )
    allowed_minor = max(per_day_minor - begun_minor, 0)
    if order.amount_minor > allowed_minor:
        raise Refused(RefusalCode.WITHDRAWAL_LIMIT_EXCEEDED, "amount", allowed_minor=allowed_minor)
