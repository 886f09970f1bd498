"""Proving with a mailed code that the e-mail address is one's own."""

from models.kinds import CodePurpose
from services.actors import Actor
from services.audit import record_attempt
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.origin import UNKNOWN, Origin
from services.people.codes import CODES, guess, newest_code, use_code
from services.people.doors import Door, knock, own_network
from services.people.persons import person_of
from services.refusals import RefusalCode, Refused


async def verify_email(
    house: House, actor: Actor, key: str, code: str, origin: Origin = UNKNOWN
) -> Answered:
    """Trust the customer's address from now on: a forgotten password can be set anew through it.

    Returns:
        ``customer`` (id, email, signed_up_at, email_verified_at).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``CODE_WRONG``, ``THROTTLED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    network = await own_network(person, origin)
    await knock(house, Door.CODE, origin, actor.principal, network)
    code_id = await newest_code(customer_id, CodePurpose.VERIFY_EMAIL)
    guessed = await guess(house, code_id, CodePurpose.VERIFY_EMAIL, code)
    if not guessed.is_right:
        code_wrong = RefusalCode.CODE_WRONG
        await record_attempt(house, actor, "verifyEmail", code_wrong, customer_id)
        raise Refused(code_wrong, "code")

    def decide(books: Books) -> Body:
        use_code(books, guessed)
        row = books.one(person.rows, customer_id)
        if row is None:
            raise Refused(RefusalCode.CODE_WRONG, "code")
        books.update(person.rows.table, customer_id, email_verified_at=books.now)
        shown = {name: row[name] for name in ("id", "email", "signed_up_at")}
        return {"customer": shown | {"email_verified_at": books.now}}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "verifyEmail", key, {}),
            decide=decide,
            locks=(person.lock,),
            facts=(person.fact, Fact(CODES, (code_id,))),
            audit=Audit(customer_id),
        )
    )
