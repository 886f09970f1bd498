"""Putting one process together: database, desk, bus, feed, bank, mail, throttle."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx

from app.adapters.http_bank import TIMEOUT_S, HttpBank
from app.adapters.http_courier import HttpCourier
from app.adapters.http_transport import Transport
from app.adapters.instant_bank import InstantBank
from app.adapters.local_bus import LocalBus
from app.adapters.local_throttle import LocalThrottle
from app.adapters.no_bank import NoBank
from app.adapters.no_mail import NoMail
from app.adapters.redis_bus import RedisBus
from app.adapters.redis_throttle import RedisThrottle
from app.adapters.smtp_mail import SmtpMail, SmtpServer
from app.adapters.terminal_mail import TerminalMail
from app.database import connected, require_migrated
from app.key_file import KeyFile
from app.settings import Settings
from models.engines import open_engine
from services.bank import Bank
from services.clock import new_id, utc_now
from services.house import House
from services.ledger.desk import Desk
from services.mail import Mail
from services.notifications.bus import Bus
from services.notifications.feed import Feed
from services.parameters import Parameters
from services.people.still_in import StillIn
from services.staff.still_may import StillMay
from services.throttling import Throttle
from services.vault import Vault
from services.webhooks.deliver import WebhookFigures
from workers.schedule import JobFigures


@dataclass(frozen=True, slots=True)
class Building:
    """What a process runs with."""

    house: House
    feed: Feed
    bus: Bus
    jobs: dict[str, JobFigures] = field(default_factory=dict)
    """How the background jobs are doing that this process runs."""
    webhook_figures: WebhookFigures = field(default_factory=WebhookFigures)
    still_may: StillMay = field(default_factory=StillMay)
    still_in: StillIn = field(default_factory=StillIn)


@asynccontextmanager
async def built(
    settings: Settings, timeouts: Mapping[str, str] | None = None
) -> AsyncIterator[Building]:
    """Open everything for the time of the block; at its end the desk settles what it has taken.

    Args:
        settings: Of this process.
        timeouts: How long PostgreSQL works for it on connections that are not the desk's.

    Raises:
        NotMigrated: The database is not up to date.
        BadKeyFile: The data keys cannot be had.
    """
    bus: Bus = RedisBus(settings.redis_url) if settings.redis_url else LocalBus()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(connected(settings.database_url, timeouts))
        await require_migrated()
        await bus.open()
        stack.push_async_callback(bus.close)
        desk = Desk(open_engine(settings.database_url), utc_now, new_id, on_commit=bus.wake)
        await desk.open()
        stack.push_async_callback(desk.close)
        feed = Feed(bus)
        await feed.start()
        stack.push_async_callback(feed.stop)
        throttle: Throttle = LocalThrottle()
        if settings.redis_url:
            shared = throttle = RedisThrottle(settings.redis_url)
            stack.push_async_callback(shared.close)
        courier = HttpCourier(loopback=settings.loopback_webhooks)
        await stack.enter_async_context(courier)
        house = House(
            desk=desk,
            bank=await stack.enter_async_context(_bank_of(settings)),
            parameters=Parameters(),
            clock=utc_now,
            new_id=new_id,
            zone=settings.zone,
            vault=Vault(KeyFile(settings.key_file, make=settings.dev).keyring),
            mail=_mail(settings),
            throttle=throttle,
            courier=courier,
        )
        yield Building(house, feed, bus)


@asynccontextmanager
async def _bank_of(settings: Settings) -> AsyncIterator[Bank]:
    """Give the bank that the settings name; without one, in development, one that obeys."""
    if settings.bank_url is None:
        yield InstantBank() if settings.dev else NoBank()
        return
    async with httpx.AsyncClient(
        transport=Transport(trust_env=False),
        base_url=settings.bank_url,
        timeout=TIMEOUT_S,
        trust_env=False,
    ) as client:
        yield HttpBank(client, settings.bank_secret, utc_now, settings.bank_needs_card)


def _mail(settings: Settings) -> Mail:
    """Return how this process sends mail: by SMTP, or to the terminal in development."""
    if settings.smtp_url is not None:
        return SmtpMail(SmtpServer.of(settings.smtp_url), settings.mail_from)
    return TerminalMail() if settings.dev else NoMail()
