"""Settings, all from the environment; the defaults are the safe ones."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.adapters.smtp_mail import SmtpServer
from app.client_address import Network, read_networks
from services.actors import ActorKind
from services.throttling import Rate

BEIJING = ZoneInfo("Asia/Shanghai")
HIGHEST_PORT = 65_535
DRAIN_DELAY_S = 3.0
"""For how long a server says that it will end, unless told otherwise: balancers ask that often."""
LONGEST_DRAIN_DELAY_S = 300
DEFAULT_SENDER = "Coffer <no-reply@localhost>"
SCHEMES = ("sqlite://", "postgres://", "postgresql://")
CALLERS = frozenset(ActorKind) - {ActorKind.SYSTEM}
"""Whoever calls over a network."""
RATES = {
    "nobody": ("COFFER_RATE_NOBODY", Rate(200, timedelta(seconds=1 / 20))),
    "customer": ("COFFER_RATE_CUSTOMER", Rate(300, timedelta(seconds=1 / 30))),
    "partner": ("COFFER_RATE_PARTNER", None),
    "operator": ("COFFER_RATE_OPERATOR", Rate(1_000, timedelta(seconds=1 / 100))),
    "supervisor": ("COFFER_RATE_SUPERVISOR", Rate(1_000, timedelta(seconds=1 / 100))),
    "address": ("COFFER_RATE_ADDRESS", Rate(5_000, timedelta(seconds=1 / 500))),
}
"""How much callers may ask for, unless told otherwise: wide for whoever has signed in, and without
end for partners; those who are nobody have theirs by address, and a town may share one."""
_RATE = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,6})")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
LOOPBACK_BANKS = {("http", "127.0.0.1"), ("http", "::1"), ("http", "localhost")}
BANK_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs.

    Attributes:
        database_url: ``sqlite:///absolute/path`` or ``postgres://user:password@host:port/database``.
        redis_url: ``redis://host:port/0``; needed by several processes, to wake each other.
        host: The address to listen on.
        port: The port to listen on.
        dev: The conveniences of development: demo data, plain logs.
        zone: Where the business day begins.
        key_file: Where the data keys are; made on first start in development alone.
        metrics_host: The address where Prometheus asks.
        metrics_port: The port where Prometheus asks; nobody can, where there is none.
        drain_delay_s: For how long a server that is told to end says so before it does.
        bank_url: Where the bank is; without one, nothing is collected or paid but in development.
        bank_secret: What the bank's messages and ours are signed with.
        bank_needs_card: Whether the bank collects from customers by a bound card alone.
        smtp_url: Where mail goes; in development it is printed where this is not set.
        mail_from: Whom mail comes from.
        trusted_proxies: The networks of proxies whose ``X-Forwarded-For`` is believed.
        trusted_documents: The registry of trusted documents.
        trusted_only: The kinds of callers who may ask with trusted documents alone.
        introspection: The kinds of callers who may ask for the schema.
        suggestions: Whether errors suggest names, which helps to map a schema.
        allowed_origins: Other sites whose pages may call (``https://app.example``).
        https: Whether the world calls by https alone, as browsers are then told.
        rates: How much a caller of each kind may ask for, and all people behind one address; where
            there is none, as much as they like.
        loopback_webhooks: Whether webhooks may lead to this machine itself, by plain HTTP too: for
            development and tests.
    """

    database_url: str
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    dev: bool = False
    zone: ZoneInfo = BEIJING
    key_file: Path = Path("data/keys.json")
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    drain_delay_s: float = 0.0
    bank_url: str | None = None
    bank_secret: str = field(default="", repr=False)
    bank_needs_card: bool = True
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = DEFAULT_SENDER
    trusted_proxies: tuple[Network, ...] = ()
    loopback_webhooks: bool = False
    trusted_documents: Path | None = None
    trusted_only: frozenset[ActorKind] = frozenset()
    introspection: frozenset[ActorKind] = CALLERS
    suggestions: bool = False
    allowed_origins: tuple[str, ...] = ()
    https: bool = False
    rates: Mapping[str, Rate] = field(default_factory=dict)

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables whose names begin with ``COFFER_``, in capitals.

        Raises:
            ValueError: A variable does not say what it must.
        """
        database_url = environment.get("COFFER_DATABASE_URL") or (
            f"sqlite://{Path('data').resolve() / 'coffer.db'}"
        )
        if not database_url.startswith(SCHEMES):
            # What stands there may hold a password, so it is not repeated.
            raise ValueError("COFFER_DATABASE_URL must begin with sqlite:// or postgres://")
        zone = environment.get("COFFER_ZONE", "Asia/Shanghai")
        try:
            zone_info = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"COFFER_ZONE must be a time zone such as Asia/Shanghai, not {zone!r}"
            raise ValueError(message) from None
        dev = environment.get("COFFER_DEV", "") == "1"
        metrics_port = environment.get("COFFER_METRICS_PORT")
        smtp_url = environment.get("COFFER_SMTP_URL") or None
        if smtp_url is not None:
            SmtpServer.of(smtp_url)
        registry = environment.get("COFFER_TRUSTED_DOCUMENTS")
        return Settings(
            database_url=database_url,
            redis_url=environment.get("COFFER_REDIS_URL") or None,
            host=environment.get("COFFER_HOST", "127.0.0.1"),
            port=_port("COFFER_PORT", environment.get("COFFER_PORT", "8000")),
            dev=dev,
            zone=zone_info,
            key_file=_key_file(environment, database_url),
            metrics_host=environment.get("COFFER_METRICS_HOST", "127.0.0.1"),
            metrics_port=_port("COFFER_METRICS_PORT", metrics_port) if metrics_port else None,
            drain_delay_s=_drain_delay_s(environment, default_s=0.0 if dev else DRAIN_DELAY_S),
            bank_url=_bank_url(environment),
            bank_secret=environment.get("COFFER_BANK_SECRET", ""),
            bank_needs_card=environment.get("COFFER_BANK_CARDLESS", "") != "1",
            smtp_url=smtp_url,
            mail_from=_mail_from(environment, smtp_url),
            trusted_proxies=_trusted_proxies(environment),
            loopback_webhooks=dev or environment.get("COFFER_LOOPBACK_WEBHOOKS", "") == "1",
            trusted_documents=Path(registry) if registry else None,
            trusted_only=_trusted_only(environment),
            introspection=_introspection(environment),
            suggestions=environment.get("COFFER_SUGGESTIONS", "1" if dev else "") == "1",
            allowed_origins=_allowed_origins(environment),
            https=environment.get("COFFER_HTTPS", "") == "1",
            rates=_rates(environment, dev=dev),
        )

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, where the database is SQLite."""
        if self.database_url.startswith("sqlite://"):
            return Path(self.database_url.removeprefix("sqlite://"))
        return None


def _port(name: str, given: str) -> int:
    if not given.isdecimal() or int(given) > HIGHEST_PORT:
        message = f"{name} must be from 0 to {HIGHEST_PORT}, not {given!r}"
        raise ValueError(message)
    return int(given)


def _drain_delay_s(environment: Mapping[str, str], *, default_s: float) -> float:
    given = environment.get("COFFER_DRAIN_DELAY_S")
    if not given:
        return default_s
    if not given.isdecimal() or int(given) > LONGEST_DRAIN_DELAY_S:
        message = f"COFFER_DRAIN_DELAY_S must be from 0 to {LONGEST_DRAIN_DELAY_S}, not {given!r}"
        raise ValueError(message)
    return float(given)


def _bank_url(environment: Mapping[str, str]) -> str | None:
    """Return where the bank is, once it is sure that nobody else reads what goes there."""
    url = environment.get("COFFER_BANK_URL")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) not in LOOPBACK_BANKS:
        raise ValueError("COFFER_BANK_URL must begin with https://, or name this very machine")
    if len(environment.get("COFFER_BANK_SECRET", "")) < BANK_SECRET_LENGTH:
        raise ValueError(f"COFFER_BANK_SECRET must hold {BANK_SECRET_LENGTH} characters or more")
    return url.rstrip("/")


def _key_file(environment: Mapping[str, str], database_url: str) -> Path:
    """Return where the keys are: where the variable says, or beside the SQLite file."""
    if named := environment.get("COFFER_KEY_FILE"):
        return Path(named)
    if database_url.startswith("sqlite://"):
        return Path(database_url.removeprefix("sqlite://")).with_name("keys.json")
    return Path("data/keys.json")


def _mail_from(environment: Mapping[str, str], smtp_url: str | None) -> str:
    """Return whom mail comes from; where mail goes out, somebody must have said it."""
    sender = environment.get("COFFER_MAIL_FROM", "")
    if smtp_url is None and not sender:
        return DEFAULT_SENDER
    if not sender.isprintable() or "@" not in parseaddr(sender)[1]:
        raise ValueError(
            "COFFER_MAIL_FROM must be an address such as Coffer <no-reply@example.com>"
        )
    return sender


def _trusted_proxies(environment: Mapping[str, str]) -> tuple[Network, ...]:
    given = environment.get("COFFER_TRUSTED_PROXIES", "")
    try:
        return read_networks(given)
    except ValueError:
        message = f"COFFER_TRUSTED_PROXIES must be networks such as 10.0.0.0/8, not {given!r}"
        raise ValueError(message) from None


def _trusted_only(environment: Mapping[str, str]) -> frozenset[ActorKind]:
    kinds = _callers("COFFER_TRUSTED_ONLY", environment)
    if kinds and not environment.get("COFFER_TRUSTED_DOCUMENTS"):
        raise ValueError("COFFER_TRUSTED_ONLY needs COFFER_TRUSTED_DOCUMENTS")
    return kinds


def _introspection(environment: Mapping[str, str]) -> frozenset[ActorKind]:
    match environment.get("COFFER_INTROSPECTION", ""):
        case "":
            return CALLERS
        case "none":
            return frozenset()
        case _:
            return _callers("COFFER_INTROSPECTION", environment)


def _allowed_origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read origins, as browsers write them, with commas between them."""
    given = environment.get("COFFER_ALLOWED_ORIGINS", "")
    origins = tuple(one.strip() for one in given.split(",") if one.strip())
    if not all(map(_ORIGIN.fullmatch, origins)):
        message = f"COFFER_ALLOWED_ORIGINS must be like https://app.example, not {given!r}"
        raise ValueError(message)
    return origins


def _callers(name: str, environment: Mapping[str, str]) -> frozenset[ActorKind]:
    """Read kinds of callers with commas between them."""
    given = environment.get(name, "")
    known = {kind.lower(): kind for kind in CALLERS}
    named = {one.strip().lower() for one in given.split(",") if one.strip()}
    if not named <= known.keys():
        message = f"{name} must name some of {', '.join(sorted(known))}, not {given!r}"
        raise ValueError(message)
    return frozenset(known[one] for one in named)


def _rates(environment: Mapping[str, str], *, dev: bool) -> dict[str, Rate]:
    """Read how many a second, and how many at once; ``none`` where there shall be no end."""
    rates: dict[str, Rate] = {}
    for whose, (name, usual) in RATES.items():
        given = environment.get(name)
        if not given:
            rate = None if dev else usual
        elif given == "none":
            rate = None
        elif read := _RATE.fullmatch(given):
            rate = Rate(int(read[2]), timedelta(seconds=1 / int(read[1])))
        else:
            message = f"{name} must be like 50/500 (a second, at once) or none, not {given!r}"
            raise ValueError(message)
        if rate is not None:
            rates[whose] = rate
    return rates
