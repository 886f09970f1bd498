"""Signing out: the session and its token end at once."""

from models import Session
from services.actors import Actor, ActorKind, NotAllowed
from services.audit import record
from services.house import House
from services.people.persons import PERSONS


async def sign_out(house: House, actor: Actor) -> None:
    """End the caller's session.

    Raises:
        NotAllowed: The caller is no person.
    """
    if actor.kind not in PERSONS:
        raise NotAllowed(signed_in=actor.kind is not ActorKind.NOBODY)
    await Session.filter(id=actor.credential_id, ended_at=None).update(ended_at=house.clock())
    if actor.is_of_the_house:
        await record(house.clock, house.new_id, actor, "signOut", object_id=actor.id)
