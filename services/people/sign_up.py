"""Becoming a customer."""

from dataclasses import dataclass

from models import Customer
from models.engines import Lookup
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.passwords import hash_password
from services.refusals import RefusalCode, Refused

BY_EMAIL = Lookup.of(Customer, "email")


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a new customer gives. The e-mail address is compared in lower case."""

    key: str
    email: str
    password: str


async def sign_up(house: House, request: SignUp) -> Answered:
    """Make a customer who can sign in.

    Returns:
        ``customer`` (id, email, signed_up_at).

    Raises:
        Refused: ``EMAIL_TAKEN``.
    """
    email = request.email.strip().lower()
    password_hash = await hash_password(request.password)

    def decide(books: Books) -> Body:
        if books.one(BY_EMAIL, email) is not None:
            raise Refused(RefusalCode.EMAIL_TAKEN, "email")
        customer = {"id": books.new_id(), "email": email, "signed_up_at": books.now}
        books.insert(BY_EMAIL.table, customer | {"password_hash": password_hash})
        return {"customer": customer}

    # Nobody has no keys of its own: the address stands for who will be the principal. The
    # password stays out of the fingerprint, which is kept.
    key = Key.of(f"email:{Key.of('', '', email, {}).id}", "signUp", request.key, {"email": email})
    return await house.desk.submit(
        Command(key=key, decide=decide, facts=(Fact(BY_EMAIL, (email,)),))
    )
