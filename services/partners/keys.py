"""A partner's API keys as a command reads them: whose they are, and what their holder may give.

Every change of a partner's keys takes the lock of its row, so that they are decided one after the
other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from models import ApiKey
from models.engines import Lookup, Row
from models.kinds import SCOPES, ApiKeyScope, PartnerKind, PartnerStatus, Permission
from services.actors import Actor, NotAllowed, not_found
from services.ledger.books import Books
from services.ledger.command import Fact, RowLock
from services.partners.standing import PARTNERS
from services.refusals import RefusalCode, Refused
from services.secrets import secret_hash

KEYS = Lookup.of(ApiKey)
OF_PARTNER = Lookup.of(ApiKey, "partner_id")

PREFIX = "coffer_"
"""What every API key begins with, so that secret scanners know one when they see it."""

SHOWN_CHARACTERS = len(PREFIX) + 6
"""How much of a key is kept and shown: enough to recognise it, too little to guess the rest."""

USUAL_LIFE = timedelta(days=365)
LONGEST_LIFE = timedelta(days=730)
USUAL_OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)

MOST_KEYS = 20
"""How many keys of a partner may be good at once, those aside that others have replaced."""

MOST_GOOD = 2 * MOST_KEYS
"""How many with those that have been replaced and go on for a while."""


def managed_partner(actor: Actor, partner_id: UUID | None) -> UUID:
    """Return whose keys the caller manages: its own, or for the house any partner's.

    Raises:
        NotAllowed: The caller may manage nobody's keys.
        Refused: ``NOT_FOUND``, where a partner names another, or the house names none.
    """
    if actor.partner_kind is None:
        actor.require(Permission.MANAGE_PARTNERS)
        if partner_id is None:
            raise not_found("partnerId")
        return partner_id
    own_id = actor.partner_id(scope=ApiKeyScope.MANAGE_KEYS)
    if partner_id not in {None, own_id}:
        raise not_found("partnerId")
    return own_id


async def managed_key(actor: Actor, key_id: UUID) -> ApiKey:
    """Return a key that the caller manages; whose it is never changes.

    Raises:
        NotAllowed: The caller may manage nobody's keys.
        Refused: ``NOT_FOUND``.
    """
    if actor.partner_kind is None:
        actor.require(Permission.MANAGE_PARTNERS)
        found = await ApiKey.get_or_none(id=key_id)
    else:
        own_id = actor.partner_id(scope=ApiKeyScope.MANAGE_KEYS)
        found = await ApiKey.get_or_none(id=key_id, partner_id=own_id)
    if found is None:
        raise not_found("apiKeyId")
    return found


def lock_of(partner_id: UUID) -> RowLock:
    """Return the lock that every change of a partner's keys takes."""
    return RowLock(PARTNERS.table, partner_id, exclusive=True)


def facts_of(partner_id: UUID) -> tuple[Fact, ...]:
    """Return what a change of a partner's keys reads."""
    return (Fact(OF_PARTNER, (partner_id,)),)


def find_partner(books: Books, partner_id: UUID) -> Row:
    """Return the row of a partner.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    partner = books.one(PARTNERS, partner_id)
    if partner is None:
        raise not_found("partnerId")
    return partner


def find_key(books: Books, partner_id: UUID, key_id: UUID) -> Row:
    """Return the row of a partner's key, which is there: keys are never removed."""
    return next(row for row in books.all(OF_PARTNER, partner_id) if row["id"] == key_id)


def is_good(key: Row, now: datetime) -> bool:
    """Tell whether a key opens anything at a moment."""
    return key["revoked_at"] is None and bool(key["expires_at"] > now)


def check_holder(books: Books, actor: Actor, partner_id: UUID) -> None:
    """Stop a partner whose own key has ended since it was let in.

    Raises:
        NotAllowed: It has.
    """
    if actor.partner_kind is None or actor.credential_id is None:
        return
    if not is_good(find_key(books, partner_id, actor.credential_id), books.now):
        raise NotAllowed(signed_in=False)


def check_gives(actor: Actor, scopes: frozenset[ApiKeyScope], *path: str) -> None:
    """Say no to a key that would give more than it has.

    Raises:
        Refused: ``MORE_THAN_ONES_OWN``.
    """
    if actor.partner_kind is not None and not scopes <= actor.scopes:
        raise Refused(RefusalCode.MORE_THAN_ONES_OWN, *path)


def check_begins(actor: Actor, partner: Row) -> None:
    """Say no to a suspended partner, which begins nothing new; the house may do it for one.

    Raises:
        Refused: ``PARTNER_SUSPENDED``.
    """
    if actor.partner_kind is not None and partner["status"] != PartnerStatus.ACTIVE:
        raise Refused(RefusalCode.PARTNER_SUSPENDED)


def check_of_kind(partner: Row, scopes: frozenset[ApiKeyScope]) -> None:
    """Say no to scopes that no key of this kind of partner can have.

    Raises:
        Refused: ``SCOPE_NOT_OF_KIND``.
    """
    if not scopes <= SCOPES[PartnerKind(partner["kind"])]:
        raise Refused(RefusalCode.SCOPE_NOT_OF_KIND, "scopes")


def moment_within(
    now: datetime, given: datetime | None, usual: timedelta, longest: timedelta, *path: str
) -> datetime:
    """Return a moment that lies ahead, and not too far: the usual one, where none is given.

    Raises:
        Refused: ``EXPIRY_OUT_OF_RANGE``.
    """
    moment = now + usual if given is None else given
    if not now <= moment <= now + longest:
        raise Refused(RefusalCode.EXPIRY_OUT_OF_RANGE, *path)
    return moment


def add_key(
    books: Books,
    actor: Actor,
    partner_id: UUID,
    key_id: UUID,
    secret: str,
    name: str,
    scopes: frozenset[ApiKeyScope],
    expires_at: datetime,
) -> Row:
    """Write the row of a new key, of which nothing is kept that opens anything; return it."""
    row: Row = {
        "id": key_id,
        "partner_id": partner_id,
        "name": name,
        "prefix": secret[:SHOWN_CHARACTERS],
        "secret_hash": secret_hash(secret),
        "scopes": named(scopes),
        "created_by": actor.principal,
        "created_at": books.now,
        "expires_at": expires_at,
        "last_used_at": None,
        "warned_at": None,
        "replaced_by_id": None,
        "revoked_at": None,
    }
    books.insert(KEYS.table, row)
    return row


def named(scopes: Iterable[ApiKeyScope]) -> str:
    """Return scopes as they are kept."""
    return " ".join(sorted(scopes))


def scopes_in(text: str) -> frozenset[ApiKeyScope]:
    """Return the scopes that are kept as text."""
    return frozenset(map(ApiKeyScope, text.split()))


def shown(key: Row) -> Row:
    """Return a key's row as an answer or an event may hold it."""
    return {name: value for name, value in key.items() if name != "secret_hash"}
