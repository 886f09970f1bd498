"""A lottery centre puts money into its prize pool, through the bank."""

import asyncio
import contextlib
from dataclasses import dataclass
from uuid import UUID

from models import BankInstruction, PoolFunding, Wallet
from models.engines import Row
from models.kinds import ApiKeyScope, BankPurpose, DepositState, PartnerKind
from services.actors import Actor
from services.bank import BankOutcome, BankState, BankUnavailable
from services.banking.conclude import conclude
from services.banking.fundings import FUNDINGS
from services.banking.instructions import PATIENCE, instruct, require_bank
from services.banking.pursue import pursue
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class FundPool:
    """How much the bank is to collect from the centre."""

    key: str
    amount_minor: int
    currency: str


async def fund_pool(house: House, actor: Actor, order: FundPool) -> Answered:
    """Have the bank collect the amount from the centre, and put it into its pool.

    Like a deposit, the funding is kept before the bank is asked, and the answer tells how it
    stands by now. A suspended centre may fund its pool.

    Returns:
        ``pool_funding`` (its row), ``balance_minor`` of the pool.

    Raises:
        NotAllowed: The caller is no lottery centre.
        Refused: ``BANK_MISSING``, ``CURRENCY_MISMATCH`` (the pool's is another), ``BANK_REFUSED``
            with a reason.
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.FUND)
    require_bank(house)

    def decide(books: Books) -> Body:
        if books.wallet(centre_id).currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        instruction = instruct(
            books,
            BankPurpose.POOL_FUNDING,
            centre_id,
            order.amount_minor,
            ask_at=books.now + PATIENCE,
        )
        row: Row = {
            "id": instruction["id"],
            "centre_id": centre_id,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "state": DepositState.REQUESTED,
            "reason": None,
            "entry_id": None,
            "requested_at": books.now,
        }
        books.insert(FUNDINGS.table, row)
        return {"pool_funding_id": row["id"]}

    requested = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "fundPool", order.key, order),
            decide=decide,
            wallets=(centre_id,),
        )
    )
    return await _as_it_stands(house, requested)


async def _as_it_stands(house: House, requested: Answered) -> Answered:
    """Ask the bank about a funding, and return how it stands then."""
    funding_id = UUID(requested.body["pool_funding_id"])
    with contextlib.suppress(BankUnavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await pursue(house, funding_id)
    row: Row = await PoolFunding.get(id=funding_id).values()
    if row["state"] == DepositState.REQUESTED:
        pool = await Wallet.get(id=row["centre_id"])
        body: Body = {"pool_funding": row, "balance_minor": pool.balance_minor}
        return Answered(body, replayed=requested.replayed)
    if row["state"] == DepositState.REFUSED:
        raise Refused(
            RefusalCode.BANK_REFUSED, "amount", replayed=requested.replayed, reason=row["reason"]
        )
    instruction = await BankInstruction.get(id=funding_id)
    settled = await conclude(house, instruction, BankOutcome(BankState.SETTLED))
    assert settled is not None  # noqa: S101 - the books have this answer
    return Answered(settled.body, replayed=requested.replayed)
