"""Changing the payment PIN, by the present one."""

from dataclasses import dataclass, field

from models.kinds import Notice
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.origin import UNKNOWN, Origin
from services.passwords import hash_password
from services.people.birth_dates import birth_dates_of
from services.people.notices import notify
from services.people.persons import person_of
from services.people.pin_rules import check_pin
from services.people.pins import PINS, PINS_TABLE, compare_pin, pin_fact, pin_lock
from services.people.sessions import end_step_ups, open_sessions
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PinChange:
    """The present PIN, and the new one."""

    key: str
    present: str = field(repr=False)
    new: str = field(repr=False)


async def change_payment_pin(
    house: House, actor: Actor, change: PinChange, origin: Origin = UNKNOWN
) -> Answered:
    """Set another PIN; whoever stepped up with the one before has to do it again.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``PIN_NOT_SET``, ``WRONG_PIN``, ``PIN_LOCKED``, ``WEAK_PIN``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    check_pin(change.new, await birth_dates_of(house, customer_id), "newPin")
    known = await compare_pin(house, actor, person, change.present, origin, "currentPin")
    new_hash = await hash_password(change.new) if known is not None else ""

    def decide(books: Books) -> Body:
        row = books.one(PINS, customer_id)
        if known is None or row is None or row["pin_hash"] != known.pin_hash:
            raise Refused(RefusalCode.WRONG_PIN, "currentPin")
        books.update(PINS_TABLE, customer_id, pin_hash=new_hash, set_at=books.now, tries=0)
        end_step_ups(books, customer_id)
        notify(books, person, Notice.PIN_CHANGED, origin.language)
        return {}

    # The PINs stay out of the fingerprint, which is kept.
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "changePaymentPin", change.key, {}),
            decide=decide,
            locks=(person.lock, pin_lock(customer_id)),
            facts=(pin_fact(customer_id), open_sessions(customer_id)),
            audit=Audit(customer_id),
        )
    )
