"""Time and new ids, passed in so that tests own them."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime in UTC."""

NewId = Callable[[], UUID]
"""Gives an id that no other process gives."""


def utc_now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Return a UUIDv7: it begins with the time, so that new rows lie together in an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
