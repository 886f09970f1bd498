"""Rotating an API key without an outage: a successor, while the old one goes on for a while."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Key
from services.partners.create_api_key import KeyMade
from services.partners.keys import (
    KEYS,
    LONGEST_LIFE,
    LONGEST_OVERLAP,
    MOST_GOOD,
    OF_PARTNER,
    PREFIX,
    USUAL_LIFE,
    USUAL_OVERLAP,
    add_key,
    check_gives,
    check_holder,
    facts_of,
    find_key,
    is_good,
    lock_of,
    managed_key,
    moment_within,
    scopes_in,
    shown,
)
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret


@dataclass(frozen=True, slots=True)
class RotateApiKey:
    """Which key, until when it goes on beside its successor, and until when that is good."""

    key: str
    key_id: UUID
    old_until: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None


async def rotate_api_key(house: House, actor: Actor, request: RotateApiKey) -> KeyMade:
    """Make a key's successor, of the same name and scopes; a suspended partner may, too.

    The old key goes on until the moment that is asked for, a day later unless it is said
    otherwise, and never longer than it would have.

    Returns:
        ``api_key`` (the successor), ``old`` (what it follows), and the successor's secret.

    Raises:
        NotAllowed: The caller may not manage the partner's keys.
        Refused: ``NOT_FOUND``, ``API_KEY_ENDED``, ``API_KEY_REPLACED``, ``MORE_THAN_ONES_OWN``,
            ``EXPIRY_OUT_OF_RANGE``, ``TOO_MANY_API_KEYS``.
    """
    partner_id = (await managed_key(actor, request.key_id)).partner_id
    successor_id, secret = house.new_id(), new_secret(PREFIX)

    def decide(books: Books) -> Body:
        check_holder(books, actor, partner_id)
        old = find_key(books, partner_id, request.key_id)
        if not is_good(old, books.now):
            raise Refused(RefusalCode.API_KEY_ENDED, "apiKeyId")
        if old["replaced_by_id"] is not None:
            raise Refused(RefusalCode.API_KEY_REPLACED, "apiKeyId")
        if sum(is_good(row, books.now) for row in books.all(OF_PARTNER, partner_id)) >= MOST_GOOD:
            raise Refused(RefusalCode.TOO_MANY_API_KEYS)
        scopes = scopes_in(old["scopes"])
        check_gives(actor, scopes, "apiKeyId")
        until = moment_within(
            books.now, request.old_until, USUAL_OVERLAP, LONGEST_OVERLAP, "oldUntil"
        )
        expires_at = moment_within(
            books.now, request.expires_at, USUAL_LIFE, LONGEST_LIFE, "expiresAt"
        )
        successor = add_key(
            books, actor, partner_id, successor_id, secret, old["name"], scopes, expires_at
        )
        changes = {
            "expires_at": min(until, old["expires_at"]),
            "replaced_by_id": successor_id,
            # Whoever asked for this knows when the old key ends.
            "warned_at": old["warned_at"] or books.now,
        }
        books.update(KEYS.table, old["id"], **changes)
        books.note("expiresAt", old["expires_at"].isoformat(), changes["expires_at"].isoformat())
        books.note("successor", None, str(successor_id))
        return {"api_key": shown(successor), "old": shown(old | changes)}

    arguments = {
        "key_id": request.key_id,
        "old_until": request.old_until,
        "expires_at": request.expires_at,
        "reason": request.reason,
    }
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "rotateApiKey", request.key, arguments),
            decide=decide,
            locks=(lock_of(partner_id),),
            facts=facts_of(partner_id),
            audit=Audit(request.key_id, request.reason),
        )
    )
    return KeyMade(answered, None if answered.replayed else secret)
