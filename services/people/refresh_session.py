"""A session's next pair of tokens: a refresh token is good once, and a second use ends it all."""

from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from models import RefreshToken, Session
from models.kinds import SessionState
from services.actors import ActorKind
from services.house import House
from services.origin import UNKNOWN, Origin
from services.parameters import ParameterName
from services.people.authenticate import LATELY
from services.people.doors import Door, knock
from services.people.end_stolen_session import end_stolen_session
from services.people.persons import Person, actor_of, find_by_id
from services.people.sessions import NewTokens, SignedIn, expiry, new_tokens, signed_in
from services.refusals import RefusalCode, Refused
from services.secrets import secret_hash

RETRY_LIFE = timedelta(minutes=1)
"""For how long a client whose answer was lost may ask again, with the same key."""


class _SpentTwice(Exception):
    """A refresh token came that was spent already: one of the two who had it has stolen it."""


async def refresh_session(
    house: House, refresh_token: str, key: str, origin: Origin = UNKNOWN
) -> SignedIn:
    """Spend a refresh token for the next pair; the access token of before is dead, too.

    Whoever repeats a request with the same key within a minute, because its answer was lost, gets
    another pair in place of the lost one, as long as nobody has used that. Every other second use
    ends the session.

    Args:
        house: The means.
        refresh_token: The newest one.
        key: The request's own.
        origin: Where from.

    Raises:
        Refused: ``SESSION_ENDED``, alike whether the token was never good or is not any more;
            ``THROTTLED``.
    """
    token_hash, spent_with = secret_hash(refresh_token), secret_hash(key)
    spent = await RefreshToken.get_or_none(token_hash=token_hash)
    # A flood of tokens that were never good is the address's count alone.
    account = str(spent.session_id) if spent is not None else token_hash
    await knock(house, Door.REFRESH, origin, account)
    session = await Session.get_or_none(id=spent.session_id) if spent is not None else None
    person = await _holder(session) if session is not None else None
    if spent is None or session is None or person is None:
        house.attempts.by_nobody["refreshSession"] += 1
        raise Refused(RefusalCode.SESSION_ENDED)
    now = house.clock()
    expires_at = expiry(person.kind, session.started_at, now)
    tokens = new_tokens(house.new_id, session.id, expires_at, now, origin, follows_id=spent.id)
    try:
        await _rotate(spent, tokens, spent_with, now)
        await _end_step_up_from_the_future(house, session.id, now)
    except _SpentTwice:
        await end_stolen_session(house, person, session)
        raise Refused(RefusalCode.SESSION_ENDED) from None
    return signed_in(tokens, person)


async def _end_step_up_from_the_future(house: House, session_id: UUID, now: datetime) -> None:
    """End a step-up that would last longer than any: the clock has stepped back since it began."""
    life = timedelta(seconds=await house.parameters.value(ParameterName.STEP_UP_S))
    ahead = Session.filter(id=session_id, stepped_up_until__gt=now + life + LATELY)
    await ahead.update(stepped_up_until=None)


async def _holder(session: Session) -> Person | None:
    """Return whose session it is, if they may still call."""
    if await actor_of(session) is None:
        return None
    return await find_by_id(ActorKind(session.person_kind), session.person_id)


async def _rotate(spent: RefreshToken, tokens: NewTokens, spent_with: str, now: datetime) -> None:
    async with in_transaction():
        # The session's row first: whatever else happens to the family waits for it.
        still_open = Session.filter(
            id=spent.session_id, state=SessionState.OPEN, expires_at__gt=now
        )
        if not await still_open.update(**tokens.session_columns):
            raise Refused(RefusalCode.SESSION_ENDED)
        fresh = RefreshToken.filter(id=spent.id, spent_at=None)
        if not await fresh.update(spent_at=now, spent_with=spent_with):
            await _replace_unused(spent, spent_with, now)
        await RefreshToken.create(**tokens.refresh_row)


async def _replace_unused(spent: RefreshToken, spent_with: str, now: datetime) -> None:
    """Let a repeated request take back what its first answer gave, where nobody has used that."""
    retried = RefreshToken.filter(
        id=spent.id, spent_with=spent_with, spent_at__gte=now - RETRY_LIFE
    )
    unused = RefreshToken.filter(follows_id=spent.id, spent_at=None)
    if not await retried.exists() or not await unused.update(spent_at=now):
        raise _SpentTwice
