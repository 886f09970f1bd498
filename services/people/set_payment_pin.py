"""Setting the first payment PIN, by the password: a stolen token alone sets none."""

from dataclasses import dataclass, field

from models.kinds import Notice
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.passwords import hash_password, password_matches
from services.people.birth_dates import birth_dates_of
from services.people.doors import Door, knock, own_network
from services.people.notices import notify
from services.people.persons import person_of
from services.people.pin_rules import check_pin
from services.people.pins import PINS, PINS_TABLE, pin_fact, pin_row
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class FirstPin:
    """The password, and the PIN."""

    key: str
    password: str = field(repr=False)
    pin: str = field(repr=False)


async def set_payment_pin(
    house: House, actor: Actor, first: FirstPin, origin: Origin = UNKNOWN
) -> Answered:
    """Set the customer's PIN, where none is set.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``WRONG_PASSWORD``, ``PIN_SET_ALREADY``, ``WEAK_PIN``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    check_pin(first.pin, await birth_dates_of(house, customer_id))
    network = await own_network(person, origin)
    counted = await knock(house, Door.PASSWORD, origin, actor.principal, network)
    matches = await password_matches(first.password, person.password_hash)
    pin_hash = await hash_password(first.pin) if matches else ""
    if matches:
        await counted.give_back()

    def decide(books: Books) -> Body:
        row = books.one(person.rows, customer_id)
        if not matches or row is None or row["password_hash"] != person.password_hash:
            raise Refused(RefusalCode.WRONG_PASSWORD, "password")
        if books.one(PINS, customer_id) is not None:
            raise Refused(RefusalCode.PIN_SET_ALREADY)
        books.insert(PINS_TABLE, pin_row(customer_id, pin_hash, books.now))
        notify(books, person, Notice.PIN_CHANGED, origin.language)
        return {}

    # Neither password nor PIN is in the fingerprint, which is kept.
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "setPaymentPin", first.key, {}),
            decide=decide,
            locks=(person.lock,),
            facts=(person.fact, pin_fact(customer_id)),
            audit=Audit(customer_id),
        )
    )
