"""What an operator watches of the lottery: work that should have ended by now."""

from models import PayoutRun, PoolFunding, Ticket
from models.kinds import DepositState, RunState, TicketState
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House

OVERDUE_TICKETS = Figure(
    "coffer_tickets_overdue",
    FigureKind.GAUGE,
    "Tickets that were not confirmed in time and are not refunded yet.",
    "above 0 for five minutes: the background work stands still",
)
OPEN_FUNDINGS = Figure(
    "coffer_pool_fundings_open",
    FigureKind.GAUGE,
    "Fundings of prize pools that the bank has neither settled nor refused yet.",
    "far above the usual: the bank does not answer",
)
OLDEST_FUNDING = Figure(
    "coffer_pool_fundings_oldest_open_seconds",
    FigureKind.GAUGE,
    "How long the oldest of them has been open.",
    "longer than the bank ever takes",
)
OPEN_RUNS = Figure("coffer_payout_runs_open", FigureKind.GAUGE, "Draws that are being paid out.")
OLDEST_RUN = Figure(
    "coffer_payout_runs_oldest_open_seconds",
    FigureKind.GAUGE,
    "How long the longest of them has run.",
    "above an hour",
)

LOTTERY = (OVERDUE_TICKETS, OPEN_FUNDINGS, OLDEST_FUNDING, OPEN_RUNS, OLDEST_RUN)


async def measure_lottery(house: House) -> list[Reading]:
    """Return what waits, and for how long."""
    now = house.clock()
    overdue = Ticket.filter(state=TicketState.UNCONFIRMED, confirm_by__lt=now)
    fundings = PoolFunding.filter(state=DepositState.REQUESTED)
    funding = await fundings.order_by("requested_at").first()
    runs = PayoutRun.filter(state=RunState.RUNNING)
    run = await runs.order_by("started_at").first()
    return [
        OVERDUE_TICKETS.at(await overdue.count()),
        OPEN_FUNDINGS.at(await fundings.count()),
        OLDEST_FUNDING.at(age_s(funding.requested_at if funding else None, now)),
        OPEN_RUNS.at(await runs.count()),
        OLDEST_RUN.at(age_s(run.started_at if run else None, now)),
    ]
