"""Signing in: a session, with its first pair of tokens."""

from datetime import datetime

from tortoise.transactions import in_transaction

from models import RefreshToken, Session
from models.kinds import SessionState
from services.actors import ActorKind
from services.audit import record, record_attempt
from services.house import House
from services.origin import UNKNOWN, Origin
from services.passwords import hash_password, needs_rehash, password_matches
from services.people.doors import Door, knock, own_network
from services.people.persons import Person, find_person, keep_password
from services.people.sessions import SESSIONS_MAX, SignedIn, new_session
from services.refusals import RefusalCode, Refused


async def sign_in(
    house: House,
    email: str,
    password: str,
    kind: ActorKind = ActorKind.CUSTOMER,
    origin: Origin = UNKNOWN,
) -> SignedIn:
    """Open a session for a person. What members of the staff do here is audited.

    Args:
        house: The means.
        email: Theirs; compared in lower case.
        password: Theirs.
        kind: As what they sign in: one of ``PERSONS``.
        origin: Where from.

    Raises:
        Refused: ``SIGN_IN_FAILED``, alike whether the person or the password is wrong;
            ``THROTTLED``.
    """
    person = await find_person(kind, email)
    account = f"{kind}:{email.strip().lower()}"
    counted = await knock(house, Door.SIGN_IN, origin, account, await own_network(person, origin))
    if not await password_matches(password, person.password_hash if person else None):
        await _note_failure(house, person, kind)
        raise Refused(RefusalCode.SIGN_IN_FAILED)
    assert person is not None  # noqa: S101 - nobody's password never matches
    assert person.password_hash is not None  # noqa: S101 - as above
    password_hash = person.password_hash
    if needs_rehash(password_hash):
        password_hash = await hash_password(password)
    opened = await _open(house, person, password_hash, origin)
    await counted.give_back()
    if person.actor.is_of_the_house:
        await record(house.clock, house.new_id, person.actor, "signIn", object_id=person.id)
    return opened


async def _note_failure(house: House, person: Person | None, kind: ActorKind) -> None:
    if person is not None and person.actor.is_of_the_house:
        code = RefusalCode.SIGN_IN_FAILED
        await record_attempt(house, person.actor, "signIn", code, person.id)
    else:
        house.attempts.by_nobody[f"signIn:{kind}"] += 1


async def _open(house: House, person: Person, password_hash: str, origin: Origin) -> SignedIn:
    now = house.clock()
    session, refresh_token, opened = new_session(house.new_id, person, now, origin)
    async with in_transaction():
        # Whoever changes the password ends every session under the same lock: none may slip in
        # behind that with the password of before.
        if not await keep_password(person, password_hash):
            raise Refused(RefusalCode.SIGN_IN_FAILED)
        await Session.create(**session)
        await RefreshToken.create(**refresh_token)
        await _end_oldest(person, now)
    return opened


async def _end_oldest(person: Person, now: datetime) -> None:
    theirs = Session.filter(person_id=person.id, state=SessionState.OPEN)
    beyond = theirs.order_by("-id").offset(SESSIONS_MAX).limit(SESSIONS_MAX)
    ids = await beyond.values_list("id", flat=True)
    if ids:
        await Session.filter(id__in=ids).update(state=SessionState.ENDED, ended_at=now)
