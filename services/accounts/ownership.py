"""Whose account it is, decided under the lock: another's looks exactly like a missing one."""

from uuid import UUID

from models.kinds import WalletKind, WalletStatus
from services.actors import not_found
from services.ledger.books import Books
from services.ledger.postings import Wallet
from services.refusals import RefusalCode, Refused


def lottery_account(books: Books, account_id: UUID) -> Wallet:
    """Return the wallet of a lottery account.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    try:
        wallet = books.wallet(account_id)
    except Refused:
        raise not_found("accountId") from None
    if wallet.kind is not WalletKind.LOTTERY:
        raise not_found("accountId")
    return wallet


def check_takes_deposits(account: Wallet) -> None:
    """Say no where no more money shall be put into an account.

    Raises:
        Refused: ``ACCOUNT_CLOSED``, ``ACCOUNT_BLOCKED`` (it is being closed).
    """
    if account.status is WalletStatus.CLOSED:
        raise Refused(RefusalCode.ACCOUNT_CLOSED, "accountId")
    if account.status is WalletStatus.CLOSING:
        raise Refused(RefusalCode.ACCOUNT_BLOCKED, "accountId", status=account.status)


def own_account(books: Books, account_id: UUID, customer_id: UUID) -> Wallet:
    """Return the wallet of a customer's own lottery account.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    wallet = lottery_account(books, account_id)
    if wallet.owner_id != customer_id:
        raise not_found("accountId")
    return wallet
