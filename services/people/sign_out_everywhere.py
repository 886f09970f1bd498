"""Ending one's sessions, all or all but the one that asks."""

from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.people.persons import person_of
from services.people.sessions import end_sessions, open_sessions


async def sign_out_everywhere(house: House, actor: Actor, key: str, *, but_this: bool) -> Answered:
    """End the caller's sessions.

    Returns:
        ``ended``: how many.

    Raises:
        NotAllowed: The caller is no person.
    """
    person = await person_of(actor)

    def decide(books: Books) -> Body:
        spared = actor.credential_id if but_this else None
        return {"ended": end_sessions(books, person.id, but=spared)}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "signOutEverywhere", key, {"but_this": but_this}),
            decide=decide,
            locks=(person.lock,),
            facts=(open_sessions(person.id),),
            audit=Audit(person.id),
        )
    )
