"""What an operator watches of the lottery: work that should have ended by now."""

from models import PayoutRun, Ticket
from models.kinds import RunState, TicketState
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House

OVERDUE_TICKETS = Figure(
    "coffer_tickets_overdue",
    FigureKind.GAUGE,
    "Tickets that were not confirmed in time and are not refunded yet.",
    "above 0 for five minutes: the background work stands still",
)
OPEN_RUNS = Figure("coffer_payout_runs_open", FigureKind.GAUGE, "Draws that are being paid out.")
OLDEST_RUN = Figure(
    "coffer_payout_runs_oldest_open_seconds",
    FigureKind.GAUGE,
    "How long the longest of them has run.",
    "above an hour",
)

LOTTERY = (OVERDUE_TICKETS, OPEN_RUNS, OLDEST_RUN)


async def measure_lottery(house: House) -> list[Reading]:
    """Return what waits, and for how long."""
    now = house.clock()
    overdue = Ticket.filter(state=TicketState.UNCONFIRMED, confirm_by__lt=now)
    runs = PayoutRun.filter(state=RunState.RUNNING)
    run = await runs.order_by("started_at").first()
    return [
        OVERDUE_TICKETS.at(await overdue.count()),
        OPEN_RUNS.at(await runs.count()),
        OLDEST_RUN.at(age_s(run.started_at if run else None, now)),
    ]
