"""Making an API key: another one for a partner, with no more scopes than its maker has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.kinds import ApiKeyScope
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.partners.keys import (
    LONGEST_LIFE,
    MOST_KEYS,
    OF_PARTNER,
    PREFIX,
    USUAL_LIFE,
    add_key,
    check_begins,
    check_gives,
    check_holder,
    check_of_kind,
    facts_of,
    find_partner,
    is_good,
    lock_of,
    managed_partner,
    moment_within,
    named,
    shown,
)
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """What the key shall be: for the caller's own partner, unless the house names one."""

    key: str
    name: str
    scopes: frozenset[ApiKeyScope]
    expires_at: datetime | None = None
    partner_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class KeyMade:
    """The answer, and the secret, which is shown this once: a replay has none."""

    answered: Answered
    secret: str | None


async def create_api_key(house: House, actor: Actor, request: CreateApiKey) -> KeyMade:
    """Make an API key.

    Returns:
        ``api_key`` (its row without the hash), and the secret.

    Raises:
        NotAllowed: The caller may not manage the partner's keys.
        Refused: ``NOT_FOUND``, ``PARTNER_SUSPENDED``, ``MORE_THAN_ONES_OWN``,
            ``SCOPE_NOT_OF_KIND``, ``EXPIRY_OUT_OF_RANGE``, ``TOO_MANY_API_KEYS``.
    """
    partner_id = managed_partner(actor, request.partner_id)
    key_id, secret = house.new_id(), new_secret(PREFIX)

    def decide(books: Books) -> Body:
        partner = find_partner(books, partner_id)
        check_holder(books, actor, partner_id)
        check_begins(actor, partner)
        check_of_kind(partner, request.scopes)
        check_gives(actor, request.scopes, "scopes")
        expires_at = moment_within(
            books.now, request.expires_at, USUAL_LIFE, LONGEST_LIFE, "expiresAt"
        )
        good = [row for row in books.all(OF_PARTNER, partner_id) if is_good(row, books.now)]
        if sum(row["replaced_by_id"] is None for row in good) >= MOST_KEYS:
            raise Refused(RefusalCode.TOO_MANY_API_KEYS)
        row = add_key(
            books, actor, partner_id, key_id, secret, request.name, request.scopes, expires_at
        )
        books.note("scopes", None, row["scopes"])
        books.note("expiresAt", None, expires_at.isoformat())
        return {"api_key": shown(row)}

    arguments = {
        "partner_id": partner_id,
        "name": request.name,
        "scopes": named(request.scopes),
        "expires_at": request.expires_at,
        "reason": request.reason,
    }
    answered = await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "createApiKey", request.key, arguments),
            decide=decide,
            locks=(lock_of(partner_id),),
            facts=facts_of(partner_id),
            audit=Audit(key_id, request.reason),
        )
    )
    return KeyMade(answered, None if answered.replayed else secret)
