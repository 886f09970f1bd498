"""Deciding what the bank has told means, whoever brought it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from models import BankInstruction
from models.kinds import BankPurpose
from services.bank import BankNews, BankOutcome, BankState
from services.banking.book_receipt import book_receipt
from services.banking.deposits import end_deposit
from services.banking.fundings import end_funding
from services.banking.send_back_suspense import end_sending
from services.banking.withdrawals import end_withdrawal
from services.house import House
from services.ledger.command import Answered

log = structlog.get_logger(__name__)

_ENDS: dict[BankPurpose, Callable[[House, BankInstruction, BankOutcome], Awaitable[Answered]]] = {
    BankPurpose.DEPOSIT: end_deposit,
    BankPurpose.POOL_FUNDING: end_funding,
    BankPurpose.WITHDRAWAL: end_withdrawal,
    BankPurpose.SENDING_BACK: end_sending,
}
_OPEN = frozenset({BankState.ACCEPTED, BankState.UNKNOWN})


async def conclude(
    house: House, instruction: BankInstruction, outcome: BankOutcome
) -> Answered | None:
    """Book an outcome, once; return the answer to it, or None where nothing is known yet."""
    if outcome.state in _OPEN:
        return None
    return await _ENDS[BankPurpose(instruction.purpose)](house, instruction, outcome)


async def hear(house: House, news: BankNews) -> None:
    """Take in what the bank tells by itself: in any order, late, and more than once.

    Raises:
        DeskUnavailable: It must be told again.
    """
    instruction = await _instruction(news.instruction_id)
    if instruction is None:
        # Also of an instruction that nobody here remembers: what arrived is somebody's.
        if news.amount_minor > 0:
            await book_receipt(house, news)
        elif news.amount_minor:
            log.error("the bank tells of what was not asked for", reference=news.reference)
        return
    moved_minor = abs(news.amount_minor)
    if news.state in {BankState.SETTLED, BankState.RETURNED} and (
        (moved_minor, news.currency) != (instruction.amount_minor, instruction.currency)
    ):
        # It stays open: people have to ask the bank which of the two it means.
        log.error("the bank tells another amount", instruction_id=str(instruction.id))
        return
    await conclude(house, instruction, BankOutcome(news.state, news.reference, news.reason))


async def _instruction(instruction_id: UUID | None) -> BankInstruction | None:
    if instruction_id is None:
        return None
    return await BankInstruction.get_or_none(id=instruction_id)
