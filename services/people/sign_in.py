"""Signing in: a session, and a short access token for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models import Session
from services.actors import ActorKind
from services.audit import record, record_attempt
from services.house import House
from services.passwords import hash_password, needs_rehash, password_matches
from services.people.persons import find_person, keep_password
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret, secret_hash

TOKEN_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The access token, shown this once, and until when it is good."""

    token: str
    expires_at: datetime
    person_kind: ActorKind
    person_id: UUID


async def sign_in(
    house: House, email: str, password: str, kind: ActorKind = ActorKind.CUSTOMER
) -> SignedIn:
    """Open a session for a person. What members of the staff do here is audited.

    Args:
        house: The means.
        email: Theirs; compared in lower case.
        password: Theirs.
        kind: As what they sign in: one of ``PERSONS``.

    Raises:
        Refused: ``SIGN_IN_FAILED``, alike whether the person or the password is wrong.
    """
    person = await find_person(kind, email)
    if not await password_matches(password, person.password_hash if person else None):
        if person is not None and person.actor.is_of_the_house:
            await record_attempt(
                house, person.actor, "signIn", RefusalCode.SIGN_IN_FAILED, person.id
            )
        raise Refused(RefusalCode.SIGN_IN_FAILED)
    assert person is not None  # noqa: S101 - nobody's password never matches
    assert person.password_hash is not None  # noqa: S101 - as above
    if needs_rehash(person.password_hash):
        await keep_password(person, await hash_password(password))
    now = house.clock()
    token = new_secret("coffer_at_")
    session = await Session.create(
        id=house.new_id(),
        person_kind=kind,
        person_id=person.id,
        token_hash=secret_hash(token),
        token_expires_at=now + TOKEN_LIFE,
        started_at=now,
        expires_at=now + SESSION_LIFE,
    )
    if person.actor.is_of_the_house:
        await record(house.clock, house.new_id, person.actor, "signIn", object_id=person.id)
    return SignedIn(token, session.token_expires_at, kind, person.id)
