"""Asking for another code that proves that the e-mail address is one's own."""

from models.kinds import CodePurpose
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.people.doors import Door, knock, own_network
from services.people.notices import MAILS, outgoing_mail
from services.people.persons import person_of
from services.refusals import RefusalCode, Refused


async def request_email_verification(
    house: House, actor: Actor, key: str, origin: Origin = UNKNOWN
) -> Answered:
    """Have a code mailed to the customer's address.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``EMAIL_VERIFIED_ALREADY``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    network = await own_network(person, origin)
    await knock(house, Door.RECOVERY, origin, f"{actor.principal}:email", network)

    def decide(books: Books) -> Body:
        row = books.one(person.rows, customer_id)
        if row is None or row["email_verified_at"] is not None:
            raise Refused(RefusalCode.EMAIL_VERIFIED_ALREADY)
        mail = outgoing_mail(
            books.new_id(),
            CodePurpose.VERIFY_EMAIL,
            person.kind,
            customer_id,
            origin.language,
            books.now,
        )
        books.insert(MAILS, mail)
        return {}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "requestEmailVerification", key, {}),
            decide=decide,
            locks=(person.lock,),
            facts=(person.fact,),
        )
    )
