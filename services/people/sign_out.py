"""Signing out: the session and its token end at once."""

from models import Session
from services.actors import Actor
from services.house import House


async def sign_out(house: House, actor: Actor) -> None:
    """End the caller's session.

    Raises:
        NotAllowed: The caller is no customer.
    """
    actor.customer_id()
    await Session.filter(id=actor.credential_id, ended_at=None).update(ended_at=house.clock())
