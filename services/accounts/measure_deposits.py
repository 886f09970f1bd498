"""What an operator watches of deposits."""

from models import Deposit
from models.kinds import DepositState
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House

OPEN = Figure(
    "coffer_deposits_open",
    FigureKind.GAUGE,
    "Deposits that the bank has neither settled nor refused yet.",
    "far above the usual: the bank does not answer",
)
OLDEST = Figure(
    "coffer_deposits_oldest_open_seconds",
    FigureKind.GAUGE,
    "How long the oldest of them has been open.",
    "longer than the bank ever takes",
)

DEPOSITS = (OPEN, OLDEST)


async def measure_deposits(house: House) -> list[Reading]:
    """Return how many deposits are open, and for how long."""
    waiting = Deposit.filter(state=DepositState.REQUESTED)
    oldest = await waiting.order_by("requested_at").first()
    waited_s = age_s(oldest.requested_at if oldest else None, house.clock())
    return [OPEN.at(await waiting.count()), OLDEST.at(waited_s)]
