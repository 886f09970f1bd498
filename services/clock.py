"""Time and new ids, passed in so that tests own them."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from models.ids import id_of

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime in UTC."""

NewId = Callable[[], UUID]
"""Gives an id that no other process gives."""


def utc_now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Return a UUIDv7: it begins with the time, so that new rows lie together in an index."""
    value = bytearray((time.time_ns() // 1_000_000).to_bytes(6) + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return id_of(bytes(value))
