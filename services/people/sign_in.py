"""Signing in: a session, and a short access token for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models import Customer, Session
from services.house import House
from services.people.passwords import hash_password, needs_rehash, password_matches
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret, secret_hash

TOKEN_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The access token, shown this once, and until when it is good."""

    token: str
    expires_at: datetime
    customer_id: UUID


async def sign_in(house: House, email: str, password: str) -> SignedIn:
    """Open a session for a customer.

    Raises:
        Refused: ``SIGN_IN_FAILED``, alike whether the customer or the password is wrong.
    """
    customer = await Customer.get_or_none(email=email.strip().lower())
    if not await password_matches(password, customer.password_hash if customer else None):
        raise Refused(RefusalCode.SIGN_IN_FAILED)
    assert customer is not None  # noqa: S101 - nobody's password never matches
    if needs_rehash(customer.password_hash):
        rehashed = await hash_password(password)
        await Customer.filter(id=customer.id, password_hash=customer.password_hash).update(
            password_hash=rehashed
        )
    now = house.clock()
    token = new_secret("coffer_at_")
    session = await Session.create(
        id=house.new_id(),
        customer_id=customer.id,
        token_hash=secret_hash(token),
        token_expires_at=now + TOKEN_LIFE,
        started_at=now,
        expires_at=now + SESSION_LIFE,
    )
    return SignedIn(token, session.token_expires_at, customer.id)
