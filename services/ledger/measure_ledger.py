"""What an operator watches of the ledger: what can be read by a few keys."""

from models import Hold, Wallet
from models.currencies import SYSTEM_WALLETS
from models.kinds import HoldState
from services.figures import Figure, FigureKind, Reading
from services.ledger.means import Means

SYSTEM_BALANCES = Figure(
    "coffer_system_wallet_balance_minor",
    FigureKind.GAUGE,
    "What the house's own wallets hold, in minor units. The bank's is negative: what is there is "
    "owed to everybody else, to the last unit.",
    "the bank's differs from the bank's own statement",
    ("kind", "currency"),
)
OVERDUE_HOLDS = Figure(
    "coffer_holds_overdue",
    FigureKind.GAUGE,
    "Holds that have expired and still set money aside.",
    "above 0 for five minutes: the background work stands still",
)

LEDGER = (SYSTEM_BALANCES, OVERDUE_HOLDS)


async def measure_ledger(means: Means) -> list[Reading]:
    """Return the balances of the house's own wallets, and how many holds are overdue."""
    rows = await Wallet.filter(id__in=list(SYSTEM_WALLETS)).values_list(
        "kind", "currency", "balance_minor"
    )
    overdue = Hold.filter(state=HoldState.PLACED, expires_at__lt=means.clock())
    return [
        *(
            SYSTEM_BALANCES.at(balance_minor, kind, currency)
            for kind, currency, balance_minor in rows
        ),
        OVERDUE_HOLDS.at(await overdue.count()),
    ]
