"""Ending a session whose refresh token was used twice: one of two has stolen it."""

from models import Session
from models.kinds import Notice, SessionState
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.people.notices import notify
from services.people.persons import Person
from services.people.sessions import SESSIONS

REASON = "A spent refresh token was used again"


async def end_stolen_session(house: House, person: Person, session: Session) -> Answered:
    """End a session with all its tokens, and tell its owner, once."""
    session_id, language = session.id, session.language

    def decide(books: Books) -> Body:
        row = books.one(SESSIONS, session_id)
        if row is not None and row["state"] == SessionState.OPEN:
            books.update(SESSIONS.table, session_id, state=SessionState.ENDED, ended_at=books.now)
            notify(books, person, Notice.SESSION_STOLEN, language)
        return {}

    return await house.desk.submit(
        Command(
            # The house ends it: whether its owner or a thief asked is what nobody knows.
            key=Key.of(SYSTEM.principal, "endStolenSession", str(session_id), {}),
            decide=decide,
            locks=(RowLock(SESSIONS.table, session_id, exclusive=True),),
            facts=(Fact(SESSIONS, (session_id,)),),
            audit=Audit(person.id, REASON),
        )
    )
