"""Closing an account: what is left on it goes to the holder's bank card, its history stays.

Nothing may be under way, so that nothing can arrive afterwards: no ticket that waits for its serial
or its draw, no prize that can still be claimed, no deposit or withdrawal at the bank, no hold.
"""

from dataclasses import dataclass
from uuid import UUID

from models import Wallet
from models.currencies import system_wallet_id
from models.engines import Row
from models.kinds import PendingBusiness, WalletKind, WalletStatus
from services.accounts.blocks import ACCOUNTS, block_facts
from services.accounts.closing import begin_to_close, close_for_good
from services.accounts.ownership import own_account
from services.accounts.pending import lottery_business, money_facts, money_under_way
from services.actors import Actor
from services.banking.cards import CARDS, own_card
from services.banking.instructions import require_bank
from services.banking.withdrawals import begin_withdrawal
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key, RowLock
from services.ledger.desk import DeskUnavailable
from services.refusals import RefusalCode, Refused

TRIES = 5


class MovedOnError(Exception):
    """The account moved between what was read and the lock: to be looked at again.

    Not a refusal, because the desk would keep one as the answer under the key.
    """


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Which account is closed, and to which bound card what is left on it goes."""

    key: str
    account_id: UUID
    card_id: UUID | None = None


async def close_account(house: House, actor: Actor, request: CloseAccount) -> Answered:
    """Close the caller's own account.

    An empty one is closed at once. Otherwise all of its money is on its way to the card when the
    answer is given, whatever the day's limit, and the account is closed when the bank has paid
    (``finish_closings``). The identity may open another account then.

    Returns:
        ``account`` (its row), ``status``, ``withdrawal`` (its row, or None).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``STEP_UP_REQUIRED``, ``NOT_FOUND`` (account or card), ``ACCOUNT_CLOSED``,
            ``ACCOUNT_BLOCKED``, ``ACCOUNT_BUSY`` with what is ``pending``, ``CARD_REQUIRED``,
            ``BANK_MISSING``.
    """
    customer_id = actor.customer_id()
    actor.require_step_up(house.clock())
    for _ in range(TRIES):
        wallet = await Wallet.get_or_none(id=request.account_id)
        lines = wallet.line_count if wallet else 0  # read before the tickets are
        currency = wallet.currency if wallet else "CNY"
        business = await lottery_business(request.account_id, house.clock())
        command = _command(house, actor, customer_id, request, business, lines, currency)
        try:
            return await house.desk.submit(command)
        except MovedOnError:
            continue
    raise DeskUnavailable("the account does not stand still; ask again with the same key")


def _command(
    house: House,
    actor: Actor,
    customer_id: UUID,
    request: CloseAccount,
    business: frozenset[PendingBusiness],
    lines: int,
    currency: str,
) -> Command:
    account_id = request.account_id

    def decide(books: Books) -> Body:
        wallet = own_account(books, account_id, customer_id)
        if wallet.status is WalletStatus.CLOSED:
            raise Refused(RefusalCode.ACCOUNT_CLOSED, "accountId")
        if wallet.status is not WalletStatus.ACTIVE:
            raise Refused(RefusalCode.ACCOUNT_BLOCKED, "accountId", status=wallet.status)
        if wallet.line_count != lines:
            raise MovedOnError
        if pending := sorted(business | money_under_way(books, account_id)):
            raise Refused(RefusalCode.ACCOUNT_BUSY, "accountId", pending=pending)
        account = books.one(ACCOUNTS, account_id)
        assert account is not None  # noqa: S101 - it shares its id with the wallet
        withdrawal: Row | None = None
        if wallet.balance_minor == 0:
            account = close_for_good(books, account)
        else:
            withdrawal = _pay_out(books, wallet.balance_minor)
            account = begin_to_close(books, account)
        status = books.wallet(account_id).status
        return {"account": account, "status": status, "withdrawal": withdrawal}

    def _pay_out(books: Books, amount_minor: int) -> Row:
        if request.card_id is None:
            raise Refused(RefusalCode.CARD_REQUIRED, "cardId")
        require_bank(house)
        own_card(books, request.card_id, customer_id)
        today = house.business_day(books.now)
        begun = begin_withdrawal(books, account_id, request.card_id, amount_minor, today)
        withdrawal: Row = begun["withdrawal"]
        return withdrawal

    card_id = request.card_id
    return Command(
        key=Key.of(actor.principal, "closeAccount", request.key, request),
        decide=decide,
        wallets=(account_id, system_wallet_id(WalletKind.IN_TRANSIT, currency)),
        locks=() if card_id is None else (RowLock(CARDS.table, card_id),),
        facts=(*block_facts(account_id), *money_facts(account_id)),
        audit=Audit(account_id),
    )
