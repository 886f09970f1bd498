"""A partner's webhooks as commands read them: whose they are, and what may be done to them."""

from collections.abc import Iterable
from uuid import UUID

from models import Partner, Webhook
from models.engines import Lookup, Row
from models.kinds import ApiKeyScope, EventKind, PartnerKind, Permission, WebhookState
from services.actors import Actor, ActorKind, not_found
from services.ledger.books import Books
from services.ledger.command import Fact, RowLock
from services.refusals import RefusalCode, Refused

WEBHOOKS = Lookup.of(Webhook)
OF_PARTNER = Lookup.of(Webhook, "partner_id")

MOST_WEBHOOKS = 10
"""How many webhooks a partner may have at once."""

HIDDEN = frozenset(
    {"secret_sealed", "old_secret_sealed", "test_id", "lease_id", "lease_until", "position_at"}
)
"""Columns that no answer holds."""


async def managed_webhook(actor: Actor, webhook_id: UUID, *, by_house: bool = False) -> Webhook:
    """Return a webhook that the caller manages, be it deleted; whose it is never changes.

    Args:
        actor: The partner; or, where permitted, who manages partners for the house.
        webhook_id: Which one.
        by_house: Whether the house may do this as well.

    Raises:
        NotAllowed: The caller may manage no webhooks.
        Refused: ``NOT_FOUND``.
    """
    if by_house and actor.partner_kind is None:
        actor.require(Permission.MANAGE_PARTNERS)
        found = await Webhook.get_or_none(id=webhook_id)
    else:
        own_id = actor.partner_id(scope=ApiKeyScope.MANAGE_WEBHOOKS)
        found = await Webhook.get_or_none(id=webhook_id, partner_id=own_id)
    if found is None:
        raise not_found("webhookId")
    return found


def lock_of(webhook_id: UUID) -> RowLock:
    """Return the lock that every change of a webhook takes."""
    return RowLock(WEBHOOKS.table, webhook_id, exclusive=True)


def facts_of(webhook_id: UUID) -> tuple[Fact, ...]:
    """Return what a change of a webhook reads."""
    return (Fact(WEBHOOKS, (webhook_id,)),)


def find_webhook(books: Books, webhook_id: UUID) -> Row:
    """Return a webhook's row.

    Raises:
        Refused: ``NOT_FOUND``, also where it was deleted meanwhile.
    """
    row = books.one(WEBHOOKS, webhook_id)
    if row is None or row["state"] == WebhookState.DELETED:
        raise not_found("webhookId")
    return row


def check_works(row: Row) -> None:
    """Say no to what only a webhook that is delivered to can do.

    Raises:
        Refused: ``WEBHOOK_NOT_ACTIVE``.
    """
    if row["state"] != WebhookState.ACTIVE:
        raise Refused(RefusalCode.WEBHOOK_NOT_ACTIVE)


def named(kinds: Iterable[EventKind] | None) -> str:
    """Return which kinds of events are told as they are kept: none for all."""
    return " ".join(sorted(kinds or ()))


def kinds_in(text: str) -> frozenset[EventKind] | None:
    """Return the kinds that are kept as text; None for all, also those to come."""
    return frozenset(map(EventKind, text.split())) or None


def listener(partner: Partner) -> Actor:
    """Return a partner as what its webhooks see: what a key sees that reads and subscribes."""
    scopes = frozenset({ApiKeyScope.READ, ApiKeyScope.SUBSCRIBE})
    return Actor(ActorKind.PARTNER, UUID(str(partner.id)), PartnerKind(partner.kind), scopes=scopes)


def shown(row: Row) -> Row:
    """Return a webhook's row as an answer may hold it."""
    return {name: value for name, value in row.items() if name not in HIDDEN}
