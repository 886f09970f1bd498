"""What an operator watches of the bank: what it has not ended yet, and money without an owner."""

from tortoise.functions import Count, Min

from models import BankInstruction, SuspenseItem
from models.kinds import BankPurpose, SuspenseState
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House

OPEN = Figure(
    "coffer_bank_instructions_open",
    FigureKind.GAUGE,
    "Deposits, withdrawals and other instructions whose outcome the bank has not told yet.",
    "far above the usual: the bank does not answer",
    ("purpose",),
)
OLDEST = Figure(
    "coffer_bank_instructions_oldest_open_seconds",
    FigureKind.GAUGE,
    "How long the oldest of them has been open.",
    "longer than the bank ever takes",
    ("purpose",),
)
SUSPENSE = Figure(
    "coffer_suspense_items_held",
    FigureKind.GAUGE,
    "Receipts in suspense that nobody has attributed or sent back.",
    "rising: somebody's money waits for an operator",
)
OLDEST_SUSPENSE = Figure(
    "coffer_suspense_items_oldest_held_seconds",
    FigureKind.GAUGE,
    "How long the oldest of them has waited.",
    "above a business day",
)

BANK = (OPEN, OLDEST, SUSPENSE, OLDEST_SUSPENSE)


async def measure_bank(house: House) -> list[Reading]:
    """Return what is open at the bank and in suspense, and for how long."""
    now = house.clock()
    rows = (
        await BankInstruction.filter(ask_at__isnull=False)
        .annotate(count=Count("id"), since=Min("requested_at"))
        .group_by("purpose")
        .values_list("purpose", "count", "since")
    )
    waiting = {purpose: (count, since) for purpose, count, since in rows}
    readings: list[Reading] = []
    for purpose in BankPurpose:
        count, since = waiting.get(purpose, (0, None))
        readings += [OPEN.at(count, purpose), OLDEST.at(age_s(since, now), purpose)]
    held = SuspenseItem.filter(state=SuspenseState.HELD)
    oldest = await held.order_by("id").first()
    held_s = age_s(oldest.arrived_at if oldest else None, now)
    return [*readings, SUSPENSE.at(await held.count()), OLDEST_SUSPENSE.at(held_s)]
