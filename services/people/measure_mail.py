"""What an operator watches of the mail: letters that nobody has taken yet."""

from models import OutgoingMail
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House

WAITING = Figure(
    "coffer_mail_waiting",
    FigureKind.GAUGE,
    "Letters that are to be sent: codes, and notices about somebody's access.",
    "far above the usual: the mail server takes none",
)
OLDEST = Figure(
    "coffer_mail_oldest_waiting_seconds",
    FigureKind.GAUGE,
    "How long the oldest of them has waited.",
    "above 120 s: people wait for their codes, which are given up in the end",
)

MAIL = (WAITING, OLDEST)


async def measure_mail(house: House) -> list[Reading]:
    """Return how many letters wait, and for how long."""
    oldest = await OutgoingMail.all().order_by("written_at").first()
    waited_s = age_s(oldest.written_at if oldest else None, house.clock())
    return [WAITING.at(await OutgoingMail.all().count()), OLDEST.at(waited_s)]
