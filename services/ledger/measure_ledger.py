"""What an operator watches of the ledger: what can be read by a few keys."""

from datetime import timedelta

from models import Answer, Hold, Wallet
from models.currencies import SYSTEM_WALLETS
from models.kinds import HoldState
from services.figures import Figure, FigureKind, Reading, age_s
from services.ledger.means import Means
from services.parameters import ParameterName

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

OVERDUE_ANSWERS = Figure(
    "coffer_answers_overdue_seconds",
    FigureKind.GAUGE,
    "For how long the oldest idempotency key has been kept beyond its days.",
    "above an hour: the background work stands still, or removes less than is written",
)

LEDGER = (SYSTEM_BALANCES, OVERDUE_HOLDS, OVERDUE_ANSWERS)


async def measure_ledger(means: Means) -> list[Reading]:
    """Return the balances of the house's own wallets, and what the background work owes."""
    rows = await Wallet.filter(id__in=list(SYSTEM_WALLETS)).values_list(
        "kind", "currency", "balance_minor"
    )
    now = means.clock()
    overdue = Hold.filter(state=HoldState.PLACED, expires_at__lt=now)
    kept = timedelta(days=await means.parameters.value(ParameterName.ANSWER_RETENTION_DAYS))
    oldest = await Answer.all().order_by("at").first()
    return [
        *(
            SYSTEM_BALANCES.at(balance_minor, kind, currency)
            for kind, currency, balance_minor in rows
        ),
        OVERDUE_HOLDS.at(await overdue.count()),
        OVERDUE_ANSWERS.at(age_s(oldest.at + kept if oldest else None, now)),
    ]
