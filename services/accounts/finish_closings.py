"""Closing accounts whose last money has reached the bank."""

from datetime import datetime
from uuid import UUID

import structlog

from models import Account, Withdrawal
from models.kinds import WithdrawalState
from services.accounts.blocks import ACCOUNTS, block_facts, standing_blocks
from services.accounts.closing import close_for_good, stay_open
from services.accounts.pending import money_facts, money_under_way
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Key
from services.ledger.desk import DeskUnavailable

BATCH = 100

log = structlog.get_logger(__name__)


class NotYetError(Exception):
    """The account can be neither closed nor opened now.

    Not a refusal, because the desk would keep one as the answer under the key.
    """


async def finish_closings(house: House) -> int:
    """Close what has been emptied, and open again what could not be.

    For workers, as often and as many as they like: each closing has a key of its own. The bank may
    have refused, so that the money is back, or other money may have arrived meanwhile: the account
    stays open then, its holder is told, and may begin again. A block that was placed meanwhile is
    waited for, or closing would be the way out of it.

    Returns:
        How many came to an end.
    """
    closing = Account.filter(closing_at__isnull=False).order_by("closing_at").limit(BATCH)
    ended = 0
    for account in await closing:
        begun_at = account.closing_at
        assert begun_at is not None  # noqa: S101 - asked for above
        open_ = Withdrawal.filter(account_id=account.id, state=WithdrawalState.REQUESTED)
        if await open_.exists():
            continue
        try:
            answered = await house.desk.submit(_command(account.id, begun_at))
            ended += not answered.replayed
        except (NotYetError, DeskUnavailable):
            log.info("closing waits", account_id=str(account.id))
    return ended


def _command(account_id: UUID, begun_at: datetime) -> Command:
    def decide(books: Books) -> Body:
        account = books.one(ACCOUNTS, account_id)
        assert account is not None  # noqa: S101 - accounts are never removed
        if account["closing_at"] != begun_at:  # its answer has been removed since
            return {"account": account}
        if standing_blocks(books, account_id) or money_under_way(books, account_id):
            raise NotYetError
        empty = books.wallet(account_id).balance_minor == 0
        return {"account": (close_for_good if empty else stay_open)(books, account)}

    return Command(
        key=Key.of(SYSTEM.principal, "finishClosing", f"{account_id}/{begun_at}", {}),
        decide=decide,
        wallets=(account_id,),
        facts=(*block_facts(account_id), *money_facts(account_id)),
        audit=Audit(account_id),
    )
