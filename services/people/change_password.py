"""Changing one's password, by the present one."""

from dataclasses import dataclass, field

from models.kinds import Notice
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.password_rules import check_password
from services.passwords import hash_password, password_matches
from services.people.doors import Door, knock, own_network
from services.people.notices import notify
from services.people.persons import person_of
from services.people.sessions import end_sessions, open_sessions
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The present password, and the new one."""

    key: str
    present: str = field(repr=False)
    new: str = field(repr=False)


async def change_password(
    house: House, actor: Actor, change: PasswordChange, origin: Origin = UNKNOWN
) -> Answered:
    """Set another password, and end all other sessions.

    Returns:
        ``ended``: how many sessions.

    Raises:
        NotAllowed: The caller is no person.
        Refused: ``WRONG_PASSWORD``, ``WEAK_PASSWORD``, ``THROTTLED``.
    """
    person = await person_of(actor)
    check_password(change.new, person.email, "newPassword")
    network = await own_network(person, origin)
    counted = await knock(house, Door.PASSWORD, origin, actor.principal, network)
    matches = await password_matches(change.present, person.password_hash)
    new_hash = await hash_password(change.new) if matches else ""
    if matches:
        await counted.give_back()

    def decide(books: Books) -> Body:
        row = books.one(person.rows, person.id)
        # Somebody may have changed it since it was compared.
        if not matches or row is None or row["password_hash"] != person.password_hash:
            raise Refused(RefusalCode.WRONG_PASSWORD, "currentPassword")
        books.update(person.rows.table, person.id, password_hash=new_hash)
        ended = end_sessions(books, person.id, but=actor.credential_id)
        notify(books, person, Notice.PASSWORD_CHANGED, origin.language)
        return {"ended": ended}

    # The passwords stay out of the fingerprint, which is kept.
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "changePassword", change.key, {}),
            decide=decide,
            locks=(person.lock,),
            facts=(person.fact, open_sessions(person.id)),
            audit=Audit(person.id),
        )
    )
