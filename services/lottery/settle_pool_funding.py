"""Bringing the funding of a prize pool to its end at the bank."""

from datetime import timedelta
from uuid import UUID

import structlog

from models import PoolFunding
from models.currencies import system_wallet_id
from models.engines import Row
from models.kinds import DepositState, EntryKind, EventKind, WalletKind
from services import audiences
from services.actors import SYSTEM, not_found
from services.bank import BankUnavailable, Collected
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.ledger.desk import DeskUnavailable
from services.ledger.postings import Move
from services.lottery.lookups import FUNDINGS

PATIENCE = timedelta(seconds=10)
BATCH = 100

log = structlog.get_logger(__name__)


async def settle_pool_funding(house: House, funding_id: UUID) -> Answered:
    """Ask the bank about a funding, and post what it collected or note that it refused.

    Safe to call again, by anybody, at any time: the bank knows the instruction, and the books
    keep one answer for it.

    Returns:
        ``pool_funding`` (its row), and ``balance_minor`` of the pool after it was posted.

    Raises:
        BankUnavailable: The bank's answer is not known yet.
    """
    funding = await PoolFunding.get_or_none(id=funding_id)
    if funding is None:
        raise not_found()
    centre_id, amount_minor, currency = funding.centre_id, funding.amount_minor, funding.currency
    collected = Collected(settled=True)
    if funding.state == DepositState.REQUESTED:  # otherwise the books have the answer already
        collected = await house.bank.collect(funding_id, amount_minor, currency)
    bank_id = system_wallet_id(WalletKind.BANK, currency)

    def decide(books: Books) -> Body:
        row = books.one(FUNDINGS, funding_id)
        assert row is not None  # noqa: S101 - fundings are never removed
        if row["state"] != DepositState.REQUESTED:  # its answer has been removed since
            return {"pool_funding": row, "balance_minor": books.wallet(centre_id).balance_minor}
        if not collected.settled:
            changes: Row = {"state": DepositState.REFUSED, "reason": collected.reason}
            books.update(FUNDINGS.table, funding_id, **changes)
            return {"pool_funding": row | changes}
        posted = books.post(EntryKind.POOL_FUNDING, Move(bank_id, centre_id, amount_minor))
        changes = {"state": DepositState.SETTLED, "entry_id": posted.entry_id}
        books.update(FUNDINGS.table, funding_id, **changes)
        balance_minor = posted.wallets[centre_id].balance_minor
        books.tell(
            EventKind.POOL_FUNDED,
            {"balance_minor": balance_minor, "currency": currency, "amount_minor": amount_minor},
            audiences.partner(centre_id),
        )
        return {"pool_funding": row | changes, "balance_minor": balance_minor}

    return await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "settlePoolFunding", str(funding_id), {}),
            decide=decide,
            wallets=(bank_id, centre_id),
            facts=(Fact(FUNDINGS, (funding_id,)),),
        )
    )


async def settle_open_pool_fundings(house: House) -> int:
    """Settle fundings whose request was cut short, and return how many came to an end."""
    due = PoolFunding.filter(
        state=DepositState.REQUESTED, requested_at__lt=house.clock() - PATIENCE
    )
    settled = 0
    for funding in await due.order_by("requested_at").limit(BATCH):
        try:
            await settle_pool_funding(house, funding.id)
            settled += 1
        except (BankUnavailable, DeskUnavailable):
            log.warning("pool funding still open", funding_id=str(funding.id))
    return settled
