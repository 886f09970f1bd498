"""Making a webhook: from now on, or from an earlier event on, a partner is told at an address."""

from dataclasses import dataclass

from models.kinds import ApiKeyScope, EventKind, WebhookState
from services.actors import Actor
from services.courier import AddressRefused
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.notifications.watermark import Watermark
from services.partners.keys import check_begins, find_partner
from services.partners.keys import lock_of as partner_lock
from services.refusals import RefusalCode, Refused
from services.vault import Purpose
from services.webhooks.endpoints import MOST_WEBHOOKS, OF_PARTNER, named, shown
from services.webhooks.signing import new_signing_secret

SETTLE_S = 0.25
"""How long to wait for commits under way, to begin after them."""


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    """Where, which kinds of events (None: all), and behind which position (None: from now on)."""

    key: str
    url: str
    kinds: frozenset[EventKind] | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class WebhookMade:
    """The answer, and the secret to verify with, which is shown this once: a replay has none."""

    answered: Answered
    secret: str | None


async def create_webhook(house: House, actor: Actor, request: CreateWebhook) -> WebhookMade:
    """Make a webhook of the caller's.

    Returns:
        ``webhook`` (its row without secrets), and the secret.

    Raises:
        NotAllowed: The caller is no partner that may manage its webhooks.
        Refused: ``WEBHOOK_URL_REFUSED``, ``PARTNER_SUSPENDED``, ``TOO_MANY_WEBHOOKS``.
    """
    partner_id = actor.partner_id(scope=ApiKeyScope.MANAGE_WEBHOOKS)
    permitted = await is_permitted(house, request.url)
    watermark = Watermark()
    await watermark.settle(SETTLE_S)
    position = watermark.position if request.after is None else request.after
    webhook_id, secret = house.new_id(), new_signing_secret()
    sealed = house.vault.seal(Purpose.WEBHOOK_SECRET, secret)

    def decide(books: Books) -> Body:
        check_begins(actor, find_partner(books, partner_id))
        if not permitted:
            raise Refused(RefusalCode.WEBHOOK_URL_REFUSED, "url")
        others = books.all(OF_PARTNER, partner_id)
        if sum(row["state"] != WebhookState.DELETED for row in others) >= MOST_WEBHOOKS:
            raise Refused(RefusalCode.TOO_MANY_WEBHOOKS)
        row = {
            "id": webhook_id,
            "partner_id": partner_id,
            "url": request.url,
            "kinds": named(request.kinds),
            "state": WebhookState.ACTIVE,
            "secret_sealed": sealed,
            "old_secret_sealed": None,
            "old_secret_until": None,
            "created_by": actor.principal,
            "created_at": books.now,
            "position": position,
            "position_at": books.now,
            "attempts": 0,
            "next_attempt_at": books.now,
            "failing_since": None,
            "last_attempt_at": None,
            "last_success_at": None,
            "last_error": None,
            "test_id": None,
            "lease_id": None,
            "lease_until": None,
        }
        books.insert(OF_PARTNER.table, row)
        books.note("url", None, request.url)
        books.note("kinds", None, row["kinds"])
        return {"webhook": shown(row)}

    arguments = {"url": request.url, "kinds": named(request.kinds), "after": request.after}
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "createWebhook", request.key, arguments),
            decide=decide,
            locks=(partner_lock(partner_id),),
            facts=(Fact(OF_PARTNER, (partner_id,)),),
            audit=Audit(webhook_id),
        )
    )
    return WebhookMade(answered, None if answered.replayed else secret)


async def is_permitted(house: House, url: str) -> bool:
    """Tell whether a webhook may have an address: it depends on where its name leads just now."""
    try:
        await house.courier.check(url)
    except AddressRefused:
        return False
    return True
