"""Signing out: the session and its tokens end at once."""

from models.kinds import SessionState
from services.actors import Actor, ActorKind, NotAllowed
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.people.persons import PERSONS
from services.people.sessions import SESSIONS


async def sign_out(house: House, actor: Actor) -> Answered:
    """End the caller's session. What members of the staff do here is audited.

    Raises:
        NotAllowed: The caller is no person.
    """
    session_id = actor.credential_id
    if actor.kind not in PERSONS or session_id is None:
        raise NotAllowed(signed_in=actor.kind is not ActorKind.NOBODY)

    def decide(books: Books) -> Body:
        row = books.one(SESSIONS, session_id)
        if row is not None and row["state"] == SessionState.OPEN:
            books.update(SESSIONS.table, session_id, state=SessionState.ENDED, ended_at=books.now)
        return {}

    return await house.desk.submit(
        Command(
            # A session ends once, so it is its own key.
            key=Key.of(actor.principal, "signOut", str(session_id), {}),
            decide=decide,
            locks=(RowLock(SESSIONS.table, session_id, exclusive=True),),
            facts=(Fact(SESSIONS, (session_id,)),),
            audit=Audit(actor.id) if actor.is_of_the_house else None,
        )
    )
