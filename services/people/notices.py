"""Telling a person what was done with their access, and asking for mails to be sent."""

from datetime import datetime
from uuid import UUID

from models import OutgoingMail
from models.engines import Row, Table
from models.kinds import CodePurpose, EventKind, Notice
from services.actors import ActorKind
from services.ledger.books import Books
from services.people.persons import Person

MAILS = Table.of(OutgoingMail)


def notify(books: Books, person: Person, notice: Notice, language: str) -> None:
    """Tell a person in the feed and by mail, in a command's own transaction."""
    books.tell(EventKind.SECURITY_NOTICE, {"notice": notice}, person.audience)
    mail = outgoing_mail(books.new_id(), notice, person.kind, person.id, language, books.now)
    books.insert(MAILS, mail)


def outgoing_mail(
    mail_id: UUID,
    letter: Notice | CodePurpose,
    kind: ActorKind,
    person_id: UUID | None,
    language: str,
    now: datetime,
) -> Row:
    """Return the row of a mail that is to be sent at once."""
    return {
        "id": mail_id,
        "letter": letter,
        "person_kind": kind,
        "person_id": person_id,
        "language": language,
        "written_at": now,
        "due_at": now,
        "tries": 0,
    }
