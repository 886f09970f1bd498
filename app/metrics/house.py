"""What is the same whichever process reads it: it stands in the database."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from services.banking.measure_bank import BANK, measure_bank
from services.figures import Figure, FigureKind, Reading
from services.house import House
from services.ledger.measure_ledger import LEDGER, measure_ledger
from services.lottery.measure_lottery import LOTTERY, measure_lottery
from services.notifications.measure_feed import FEED, measure_feed
from services.people.measure_mail import MAIL, measure_mail
from services.webhooks.measure_webhooks import WEBHOOKS, measure_webhooks

READ_S = 2.0
"""How long a source may take; what takes longer is left out, and counted as missing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """An area's figures, and the service that reads them."""

    name: str
    figures: Sequence[Figure]
    read: Callable[[House], Awaitable[Sequence[Reading]]]


SOURCES = (
    Source("banking", BANK, measure_bank),
    Source("ledger", LEDGER, measure_ledger),
    Source("lottery", LOTTERY, measure_lottery),
    Source("notifications", FEED, measure_feed),
    Source("people", MAIL, measure_mail),
    Source("webhooks", WEBHOOKS, measure_webhooks),
)

MISSING = Figure(
    "coffer_house_figures_missing",
    FigureKind.GAUGE,
    "1 for an area whose figures could not be read just now.",
    "1 for five minutes: nobody watches that area",
    ("area",),
)

HOUSE = (MISSING, *(figure for source in SOURCES for figure in source.figures))


async def read_house(house: House, sources: Sequence[Source] = SOURCES) -> list[Reading]:
    """Return what every area says."""
    readings: list[Reading] = []
    for source in sources:
        missing = 0
        try:
            async with asyncio.timeout(READ_S):
                readings += await source.read(house)
        except Exception as error:  # noqa: BLE001 - the others are told all the same
            log.warning("figures missing", area=source.name, error=type(error).__name__)
            missing = 1
        readings.append(MISSING.at(missing, source.name))
    return readings
