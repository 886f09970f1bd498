"""Events as clients see them: what a webhook tells is what GraphQL tells, of the same types.

Services know nothing of GraphQL; who starts the delivery hands in what makes a message's content.
"""

from typing import Any, Protocol

from services.actors import Actor
from services.house import House
from services.notifications.items import FeedItem, Gap


class Present(Protocol):
    """Makes the content of messages."""

    async def __call__(self, house: House, actor: Actor, item: FeedItem | Gap) -> dict[str, Any]:
        """Return an event as this caller may see it now: the fields that GraphQL has for it."""
