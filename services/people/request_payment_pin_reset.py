"""Asking for a code to set a new payment PIN with, for whoever forgot the present one."""

from models.kinds import CodePurpose
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.people.doors import Door, knock, own_network
from services.people.notices import MAILS, outgoing_mail
from services.people.persons import person_of
from services.people.pins import PINS, pin_fact
from services.refusals import RefusalCode, Refused


async def request_payment_pin_reset(
    house: House, actor: Actor, key: str, origin: Origin = UNKNOWN
) -> Answered:
    """Have a code mailed to the customer, who has proved that the address is theirs.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``EMAIL_NOT_VERIFIED``, ``PIN_NOT_SET``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    network = await own_network(person, origin)
    await knock(house, Door.RECOVERY, origin, f"{actor.principal}:pin", network)

    def decide(books: Books) -> Body:
        row = books.one(person.rows, customer_id)
        if row is None or row["email_verified_at"] is None:
            raise Refused(RefusalCode.EMAIL_NOT_VERIFIED)
        if books.one(PINS, customer_id) is None:
            raise Refused(RefusalCode.PIN_NOT_SET)
        mail = outgoing_mail(
            books.new_id(),
            CodePurpose.RESET_PIN,
            person.kind,
            customer_id,
            origin.language,
            books.now,
        )
        books.insert(MAILS, mail)
        return {}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "requestPaymentPinReset", key, {}),
            decide=decide,
            locks=(person.lock,),
            facts=(person.fact, pin_fact(customer_id)),
        )
    )
