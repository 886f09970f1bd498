"""What a session is made of, and how it ends (``docs/decisions/0010-sessions.md``)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from models import RefreshToken, Session
from models.engines import Lookup, Row
from models.kinds import SessionState
from services.actors import ActorKind
from services.clock import NewId
from services.ledger.books import Books
from services.ledger.command import Fact
from services.origin import Origin, readable
from services.people.persons import Person
from services.secrets import new_secret, secret_hash

TOKEN_PREFIX, REFRESH_PREFIX = "coffer_at_", "coffer_rt_"
"""What tokens begin with, so that secret scanners know one when they see it."""

TOKEN_LIFE = timedelta(minutes=15)
"""How long an access token is good."""

IDLE_LIFE = {
    ActorKind.CUSTOMER: timedelta(days=30),
    ActorKind.OPERATOR: timedelta(hours=12),
    ActorKind.SUPERVISOR: timedelta(hours=12),
}
"""After how long a session that nobody refreshes is over."""

WHOLE_LIFE = {
    ActorKind.CUSTOMER: timedelta(days=180),
    ActorKind.OPERATOR: timedelta(hours=12),
    ActorKind.SUPERVISOR: timedelta(hours=12),
}
"""After how long it is over however often it is refreshed."""

SESSIONS_MAX = 50
"""How many a person has at once; one more ends the oldest."""

SESSIONS = Lookup.of(Session)
REFRESH_TOKENS = Lookup.of(RefreshToken)
_OPEN_SESSIONS = Lookup.of(Session, "person_id", "state")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a person calls with, shown this once.

    Attributes:
        token: The access token.
        expires_at: Until when it is good.
        refresh_token: What the next one is had with, once.
        session_expires_at: Until when the refresh token is good.
        person_kind: As what the person signed in.
        person_id: Who.
    """

    token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(repr=False)
    session_expires_at: datetime
    person_kind: ActorKind
    person_id: UUID


@dataclass(frozen=True, slots=True)
class NewTokens:
    """A fresh pair of tokens, and the columns that they are kept in as hashes."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    session_columns: Row
    refresh_row: Row


def new_tokens(
    new_id: NewId,
    session_id: UUID,
    expires_at: datetime,
    now: datetime,
    origin: Origin,
    follows_id: UUID | None = None,
) -> NewTokens:
    """Return a session's next pair of tokens.

    Args:
        new_id: The refresh token's id.
        session_id: The session's.
        expires_at: When the session expires.
        now: The present.
        origin: Who gets them.
        follows_id: The refresh token that was spent for them.
    """
    token, refresh_token = new_secret(TOKEN_PREFIX), new_secret(REFRESH_PREFIX)
    return NewTokens(
        token,
        refresh_token,
        {
            "token_hash": secret_hash(token),
            "token_expires_at": min(now + TOKEN_LIFE, expires_at),
            "last_used_at": now,
            "expires_at": expires_at,
            "language": origin.language,
            "network": origin.network,
            "user_agent": readable(origin.user_agent),
        },
        {
            "id": new_id(),
            "session_id": session_id,
            "token_hash": secret_hash(refresh_token),
            "follows_id": follows_id,
            "issued_at": now,
            "spent_at": None,
            "spent_with": None,
        },
    )


def expiry(kind: ActorKind, started_at: datetime, now: datetime) -> datetime:
    """Return when a session that is used now expires."""
    return min(now + IDLE_LIFE[kind], started_at + WHOLE_LIFE[kind])


def new_session(
    new_id: NewId, person: Person, now: datetime, origin: Origin
) -> tuple[Row, Row, SignedIn]:
    """Return a session's row, the row of its first refresh token, and what opens it."""
    session_id, expires_at = new_id(), expiry(person.kind, now, now)
    tokens = new_tokens(new_id, session_id, expires_at, now, origin)
    session = {
        "id": session_id,
        "person_kind": person.kind,
        "person_id": person.id,
        "state": SessionState.OPEN,
        "started_at": now,
        "ended_at": None,
        "stepped_up_until": None,
    } | tokens.session_columns
    return session, tokens.refresh_row, signed_in(tokens, person)


def signed_in(tokens: NewTokens, person: Person) -> SignedIn:
    """Return what a person is told of a fresh pair of tokens."""
    return SignedIn(
        token=tokens.token,
        expires_at=tokens.session_columns["token_expires_at"],
        refresh_token=tokens.refresh_token,
        session_expires_at=tokens.session_columns["expires_at"],
        person_kind=person.kind,
        person_id=person.id,
    )


def open_sessions(person_id: UUID) -> Fact:
    """Return the fact that ``end_sessions`` needs."""
    return Fact(_OPEN_SESSIONS, (person_id, SessionState.OPEN))


def end_sessions(books: Books, person_id: UUID, *, but: UUID | None = None) -> int:
    """End a person's sessions, all or all but one; return how many."""
    ended = [
        row for row in books.all(_OPEN_SESSIONS, person_id, SessionState.OPEN) if row["id"] != but
    ]
    for row in ended:
        books.update(SESSIONS.table, row["id"], state=SessionState.ENDED, ended_at=books.now)
    return len(ended)


def end_step_ups(books: Books, person_id: UUID) -> None:
    """Let every session of a person be as it was before the PIN was given."""
    for row in books.all(_OPEN_SESSIONS, person_id, SessionState.OPEN):
        books.update(SESSIONS.table, row["id"], stepped_up_until=None)
