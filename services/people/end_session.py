"""Ending one of one's own sessions, such as that of a telephone that was lost."""

from uuid import UUID

from models.kinds import SessionState
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.people.persons import person_of
from services.people.sessions import SESSIONS


async def end_session(house: House, actor: Actor, key: str, session_id: UUID) -> Answered:
    """End a session of the caller's; one that has ended already stays so.

    Raises:
        NotAllowed: The caller is no person.
        Refused: ``NOT_FOUND``.
    """
    person = await person_of(actor)

    def decide(books: Books) -> Body:
        row = books.one(SESSIONS, session_id)
        if row is None or row["person_id"] != person.id:
            raise not_found("sessionId")
        if row["state"] == SessionState.OPEN:
            books.update(SESSIONS.table, session_id, state=SessionState.ENDED, ended_at=books.now)
        return {}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "endSession", key, {"session_id": session_id}),
            decide=decide,
            locks=(RowLock(SESSIONS.table, session_id, exclusive=True),),
            facts=(Fact(SESSIONS, (session_id,)),),
            audit=Audit(person.id),
        )
    )
