"""What a reader of the feed is handed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models.kinds import EventKind

COLUMNS = ("id", "kind", "account_id", "body", "at", "audience")
"""The columns that ``FeedItem.of`` takes, in its order."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An event as one audience is told it.

    ``position`` is its place in the feed and tells repeats. ``body`` holds JSON values, ids and
    times as strings; it is shared by all who hear the event, so nobody changes it.
    """

    position: int
    kind: EventKind
    account_id: UUID | None
    body: dict[str, Any]
    at: datetime
    audience: str

    @staticmethod
    def of(values: Sequence[Any]) -> "FeedItem":
        """Return the item that the ``COLUMNS`` of a row hold."""
        position, kind, account_id, body, at, audience = values
        return FeedItem(position, EventKind(kind), account_id, orjson.loads(body), at, audience)


@dataclass(frozen=True, slots=True)
class Gap:
    """Events were removed before they were read: what follows comes after this position."""

    resumes_after: int
