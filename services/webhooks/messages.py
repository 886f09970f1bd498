"""What is sent to webhooks: an event, a gap, or a test."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models import Partner
from services.house import House
from services.notifications.items import FeedItem, Gap
from services.webhooks.endpoints import listener
from services.webhooks.presenting import Present

GAP, TEST = "FEED_GAP", "TEST"
"""The types of the messages that tell no event; an event's type is its kind."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: the same id whenever it is sent again, and the content as it may be seen now."""

    id: str
    type: str
    at: datetime
    data: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The message's text, as it is signed and sent."""
        content = {"type": self.type, "timestamp": self.at, "data": self.data}
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)


async def message_of(
    house: House, present: Present, partner: Partner, item: FeedItem | Gap
) -> Message:
    """Return what a partner is told of an event or of a gap."""
    data = await present(house, listener(partner), item)
    if isinstance(item, Gap):
        return Message(f"gap-{data['cursor']}", GAP, house.clock(), data)
    return Message(str(data["id"]), item.kind, item.at, data)


def a_test(house: House, test_id: UUID) -> Message:
    """Return a message that tells nothing."""
    return Message(str(test_id), TEST, house.clock(), {})
