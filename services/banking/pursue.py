"""Asking the bank about what is under way, until the outcome is known."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from tortoise.expressions import Q

from models import BankCard, BankInstruction
from models.kinds import BankPurpose
from services.bank import BankOrder, BankOutcome, BankState, BankUnavailable
from services.banking.cards import opened
from services.banking.conclude import conclude
from services.house import House
from services.ledger.desk import DeskUnavailable
from services.vault import CannotOpen

BATCH = 64
AT_ONCE = 8
"""How many are asked about at a time, so that a slow bank holds up nobody but itself."""
SHORTEST = timedelta(seconds=2)
LONGEST = timedelta(minutes=10)

COLLECTED = frozenset({BankPurpose.DEPOSIT, BankPurpose.POOL_FUNDING})
"""What brings money in; the rest takes it out."""

log = structlog.get_logger(__name__)


async def pursue(house: House, instruction_id: UUID) -> bool:
    """Ask the bank about an instruction, unless its outcome is known or somebody else just asks.

    Safe to call at any time, by anybody. When to ask next is kept before the bank is asked, so
    that whatever dies meanwhile is gone on with.

    Returns:
        Whether its outcome is known now.

    Raises:
        BankUnavailable: The bank did not answer.
        CannotOpen: The card cannot be read: its data key is missing.
    """
    instruction = await BankInstruction.get(id=instruction_id)
    if instruction.ask_at is None:
        return True
    mine = await BankInstruction.filter(
        id=instruction_id, asked=instruction.asked, ask_at__not_isnull=True
    ).update(asked=instruction.asked + 1, ask_at=house.clock() + _pause(instruction.asked))
    if not mine:
        return False
    outcome = await _ask(house, instruction)
    return await conclude(house, instruction, outcome) is not None


async def pursue_open(house: House) -> int:
    """Ask about all that is due, and return how much of it came to an end."""
    if not house.bank.is_there:
        return 0
    now = house.clock()
    # Nobody waits so long: it was put off before the clock stepped back.
    put_off = Q(ask_at__gt=now + 2 * LONGEST)
    due = BankInstruction.filter(put_off | Q(ask_at__lte=now)).order_by("ask_at").limit(BATCH)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(instruction_id: UUID) -> bool:
        async with turns:
            try:
                return await pursue(house, instruction_id)
            except (BankUnavailable, DeskUnavailable, CannotOpen) as error:
                log.warning(
                    "still unknown at the bank",
                    instruction_id=str(instruction_id),
                    reason=type(error).__name__,
                )
                return False

    ids = [instruction.id for instruction in await due]
    return sum(await asyncio.gather(*map(one, ids)))


async def _ask(house: House, instruction: BankInstruction) -> BankOutcome:
    if instruction.asked:
        outcome = await house.bank.status(instruction.id)
        if outcome.state is not BankState.UNKNOWN:
            return outcome
    order = BankOrder(
        id=instruction.id,
        amount_minor=instruction.amount_minor,
        currency=instruction.currency,
        party=instruction.wallet_id,
        card=None
        if instruction.card_id is None
        else opened(house.vault, await BankCard.get(id=instruction.card_id)),
        returns=instruction.returns,
    )
    if instruction.purpose in COLLECTED:
        return await house.bank.collect(order)
    return await house.bank.pay(order)


def _pause(asked: int) -> timedelta:
    """Return how long to wait after the bank was asked so often: twice as long each time."""
    return min(SHORTEST * (1 << min(asked, 20)), LONGEST)
