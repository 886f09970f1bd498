"""Asking for a code to set a new password with, for whoever forgot the present one."""

from models.kinds import CodePurpose
from services.actors import ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.people.doors import Door, knock, own_network
from services.people.notices import MAILS, outgoing_mail
from services.people.persons import find_person
from services.secrets import secret_hash


async def request_password_reset(
    house: House,
    key: str,
    email: str,
    kind: ActorKind = ActorKind.CUSTOMER,
    origin: Origin = UNKNOWN,
) -> Answered:
    """Have a code mailed, if there is such a person who has proved that the address is theirs.

    The answer is alike, and so is the work: a mail is written down that may be to nobody.

    Returns:
        ``recovery_id``: what the code is to be sent back with. Guesses are counted by it, so that
        nobody uses up the guesses of somebody else.

    Raises:
        Refused: ``THROTTLED``.
    """
    email = email.strip().lower()
    person = await find_person(kind, email)
    account = f"{kind}:{email}"
    await knock(house, Door.RECOVERY, origin, account, await own_network(person, origin))
    person_id = person.id if person is not None and person.has_proved_email else None

    def decide(books: Books) -> Body:
        mail_id = books.new_id()
        mail = outgoing_mail(
            mail_id, CodePurpose.RESET_PASSWORD, kind, person_id, origin.language, books.now
        )
        books.insert(MAILS, mail)
        return {"recovery_id": mail_id}

    # Nobody has no keys of its own: a hash of the account stands for who will be the principal.
    principal = f"recovery:{secret_hash(account)[:32]}"
    key_of_it = Key.of(principal, "requestPasswordReset", key, {"account": principal})
    return await house.desk.submit(Command(key=key_of_it, decide=decide))
