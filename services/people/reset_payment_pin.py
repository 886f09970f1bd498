"""Setting a new payment PIN with a mailed code and the password."""

from dataclasses import dataclass, field

from models.kinds import CodePurpose, Notice
from services.actors import Actor
from services.audit import record_attempt
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.origin import UNKNOWN, Origin
from services.passwords import hash_password, password_matches
from services.people.birth_dates import birth_dates_of
from services.people.codes import CODES, guess, newest_code, use_code
from services.people.doors import Door, knock, own_network
from services.people.notices import notify
from services.people.persons import person_of
from services.people.pin_rules import check_pin
from services.people.pins import PINS, PINS_TABLE, pin_fact, pin_lock
from services.people.sessions import end_step_ups, open_sessions
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PinReset:
    """The code, the password, and the new PIN."""

    key: str
    code: str = field(repr=False)
    password: str = field(repr=False)
    new: str = field(repr=False)


async def reset_payment_pin(
    house: House, actor: Actor, reset: PinReset, origin: Origin = UNKNOWN
) -> Answered:
    """Set a new PIN, which is not locked, whatever became of the one before.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``CODE_WRONG``, ``WRONG_PASSWORD``, ``PIN_NOT_SET``, ``WEAK_PIN``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    check_pin(reset.new, await birth_dates_of(house, customer_id), "newPin")
    network = await own_network(person, origin)
    counted = await knock(house, Door.PASSWORD, origin, actor.principal, network)
    matches = await password_matches(reset.password, person.password_hash)
    if matches:
        await counted.give_back()
    code_id = await newest_code(customer_id, CodePurpose.RESET_PIN)
    guessed = await guess(house, code_id, CodePurpose.RESET_PIN, reset.code)
    if not guessed.is_right:
        code_wrong = RefusalCode.CODE_WRONG
        await record_attempt(house, actor, "resetPaymentPin", code_wrong, customer_id)
        raise Refused(code_wrong, "code")
    new_hash = await hash_password(reset.new) if matches else ""

    def decide(books: Books) -> Body:
        row = books.one(person.rows, customer_id)
        if not matches or row is None or row["password_hash"] != person.password_hash:
            raise Refused(RefusalCode.WRONG_PASSWORD, "password")
        use_code(books, guessed)
        if books.one(PINS, customer_id) is None:
            raise Refused(RefusalCode.PIN_NOT_SET)
        books.update(PINS_TABLE, customer_id, pin_hash=new_hash, set_at=books.now, tries=0)
        end_step_ups(books, customer_id)
        notify(books, person, Notice.PIN_CHANGED, origin.language)
        return {}

    # Neither code nor password nor PIN is in the fingerprint, which is kept.
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "resetPaymentPin", reset.key, {}),
            decide=decide,
            locks=(person.lock, pin_lock(customer_id)),
            facts=(
                person.fact,
                pin_fact(customer_id),
                open_sessions(customer_id),
                Fact(CODES, (code_id,)),
            ),
            audit=Audit(customer_id),
        )
    )
