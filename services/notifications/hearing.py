"""What one reader hears: decided from who it is before anything is read."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.queryset import QuerySet

from models import Account, FeedEvent
from models.kinds import EventKind
from services.actors import Actor, ActorKind, not_found
from services.audiences import heard_by
from services.notifications.items import FeedItem


@dataclass(frozen=True, slots=True)
class Hearing:
    """The audiences a reader belongs to, narrowed to what it asked for (None: not narrowed)."""

    audiences: frozenset[str]
    kinds: frozenset[EventKind] | None = None
    account_id: UUID | None = None

    def takes(self, item: FeedItem) -> bool:
        """Tell whether an event is for this reader."""
        return (
            item.audience in self.audiences
            and (self.kinds is None or item.kind in self.kinds)
            and (self.account_id is None or item.account_id == self.account_id)
        )

    def events(self) -> QuerySet[FeedEvent]:
        """Return the query that is limited to what ``takes`` lets through."""
        events = FeedEvent.filter(audience__in=sorted(self.audiences))
        if self.kinds is not None:
            events = events.filter(kind__in=sorted(self.kinds))
        if self.account_id is not None:
            events = events.filter(account_id=self.account_id)
        return events


async def hearing(
    actor: Actor, kinds: frozenset[EventKind] | None = None, account_id: UUID | None = None
) -> Hearing:
    """Return what a caller hears when it asks for these kinds on this account (None: all).

    Raises:
        NotAllowed: The caller is neither a customer nor a partner.
        Refused: ``NOT_FOUND``, where the account is not the customer's. For a partner an account
            only narrows what is told to the partner itself.
    """
    audiences = heard_by(actor)
    if account_id is not None and actor.kind is ActorKind.CUSTOMER:
        own = Account.filter(id=account_id, customer_id=actor.customer_id())
        if not await own.exists():
            raise not_found("accountId")
    return Hearing(audiences, kinds, account_id)
