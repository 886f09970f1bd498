"""Setting a new password with a mailed code."""

from dataclasses import dataclass, field
from uuid import UUID

from models import MailedCode, RefreshToken
from models.engines import Lookup, Table
from models.kinds import CodePurpose, Notice
from services.actors import ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.origin import UNKNOWN, Origin
from services.password_rules import check_password
from services.passwords import hash_password
from services.people.codes import CODES, Guess, guess, use_code
from services.people.doors import Door, knock
from services.people.notices import notify
from services.people.persons import Person, find_by_id
from services.people.sessions import SESSIONS, SignedIn, end_sessions, new_session, open_sessions
from services.refusals import RefusalCode, Refused

_CODES_OF = Lookup.of(MailedCode, "person_id", "purpose")


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """The code, what it was asked for under, and the new password."""

    key: str
    recovery_id: UUID
    code: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recovered:
    """The answer, and what the person calls with from now on; a replay has none."""

    answered: Answered
    signed_in: SignedIn | None


async def reset_password(house: House, reset: PasswordReset, origin: Origin = UNKNOWN) -> Recovered:
    """Set a new password, end every session, and sign the person in.

    Signing in here lets in an owner whose account strangers besiege with wrong passwords.

    Raises:
        Refused: ``CODE_WRONG``, alike whether the code is wrong, used or too old, or was mailed to
            nobody; ``WEAK_PASSWORD``, ``THROTTLED``.
    """
    await knock(house, Door.CODE, origin, str(reset.recovery_id))
    guessed = await guess(house, reset.recovery_id, CodePurpose.RESET_PASSWORD, reset.code)
    person = await _holder(guessed) if guessed.is_right else None
    if person is None:
        # Guesses are answered before a hash is made, and are not worth keeping.
        house.attempts.by_nobody["resetPassword"] += 1
        raise Refused(RefusalCode.CODE_WRONG, "code")
    check_password(reset.new, person.email, "newPassword")
    new_hash = await hash_password(reset.new)
    session, refresh_token, opened = new_session(house.new_id, person, house.clock(), origin)

    def decide(books: Books) -> Body:
        use_code(books, guessed)
        for row in books.all(_CODES_OF, person.id, CodePurpose.RESET_PASSWORD):
            if row["used_at"] is None:
                books.update(CODES.table, row["id"], used_at=books.now)
        books.update(person.rows.table, person.id, password_hash=new_hash)
        ended = end_sessions(books, person.id)
        books.insert(SESSIONS.table, session)
        books.insert(Table.of(RefreshToken), refresh_token)
        notify(books, person, Notice.PASSWORD_CHANGED, origin.language)
        return {"ended": ended}

    # Neither the password nor the code is in the fingerprint, which is kept.
    arguments = {"recovery_id": reset.recovery_id}
    answered = await house.desk.submit(
        Command(
            key=Key.of(person.actor.principal, "resetPassword", reset.key, arguments),
            decide=decide,
            locks=(person.lock,),
            facts=(
                person.fact,
                open_sessions(person.id),
                Fact(CODES, (guessed.code_id,)),
                Fact(_CODES_OF, (person.id, CodePurpose.RESET_PASSWORD)),
            ),
            audit=Audit(person.id),
        )
    )
    return Recovered(answered, None if answered.replayed else opened)


async def _holder(guessed: Guess) -> Person | None:
    """Return whose code it is, if they may still sign in."""
    row = await MailedCode.get(id=guessed.code_id)
    if row.person_id is None:
        return None
    person = await find_by_id(ActorKind(row.person_kind), row.person_id)
    return person if person is not None and person.password_hash is not None else None
