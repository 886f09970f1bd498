"""How patiently webhooks are delivered to."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_FINE = 1_000_000


def chance() -> float:
    """Return a number from 0 up to 1."""
    return secrets.randbelow(_FINE) / _FINE


@dataclass(frozen=True, slots=True)
class Pace:
    """When a message that failed is sent again, and when it is given up.

    Attributes:
        delays: Between the attempts for one event; after the last one it is set aside.
        spread: How far a delay is stretched or shortened by chance, as a part of it.
        longest_wait: How long an address may ask to be left alone.
        gives_up: After how long without a success an address is told nothing any more.
        lease: For how long who delivers has a webhook for itself; longer than a message may take.
        turn_messages: How many messages it sends before others have their turn.
        turn_s: After how many seconds it lets them.
        chance: Gives a number from 0 up to 1.
    """

    delays: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
    )
    spread: float = 0.2
    longest_wait: timedelta = timedelta(days=1)
    gives_up: timedelta = timedelta(days=3)
    lease: timedelta = timedelta(seconds=30)
    turn_messages: int = 100
    turn_s: float = 10.0
    chance: Callable[[], float] = chance

    def next_delay(self, failures: int, retry_after: str | None, now: datetime) -> timedelta | None:
        """Return how long to wait after so many failures of one event; None to set it aside."""
        if failures > len(self.delays):
            return None
        stretch = 1 + self.spread * (2 * self.chance() - 1)
        asked = min(wanted_wait(retry_after, now), self.longest_wait)
        return max(self.delays[failures - 1] * stretch, asked)


def wanted_wait(retry_after: str | None, now: datetime) -> timedelta:
    """Return how long a ``Retry-After`` asks to wait: seconds or a date; nothing for nonsense."""
    text = (retry_after or "").strip()
    try:
        if text.isascii() and text.isdigit():
            return timedelta(seconds=int(text))
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return timedelta()
    return max(until - now, timedelta())
