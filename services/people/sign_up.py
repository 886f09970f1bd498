"""Becoming a customer."""

from dataclasses import dataclass, field

from models import Customer
from models.engines import Lookup
from models.kinds import CodePurpose
from services.actors import ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.origin import UNKNOWN, Origin
from services.password_rules import check_password
from services.passwords import hash_password
from services.people.doors import Door, knock
from services.people.notices import MAILS, outgoing_mail
from services.refusals import RefusalCode, Refused

BY_EMAIL = Lookup.of(Customer, "email")


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a new customer gives. The e-mail address is compared in lower case."""

    key: str
    email: str
    password: str = field(repr=False)


async def sign_up(house: House, request: SignUp, origin: Origin = UNKNOWN) -> Answered:
    """Make a customer who can sign in, and mail a code that proves the address.

    Returns:
        ``customer`` (id, email, signed_up_at, email_verified_at).

    Raises:
        Refused: ``EMAIL_TAKEN``, ``WEAK_PASSWORD``, ``THROTTLED``.
    """
    email = request.email.strip().lower()
    await knock(house, Door.SIGN_UP, origin, email)
    check_password(request.password, email)
    password_hash = await hash_password(request.password)

    def decide(books: Books) -> Body:
        if books.one(BY_EMAIL, email) is not None:
            raise Refused(RefusalCode.EMAIL_TAKEN, "email")
        customer_id = books.new_id()
        customer = {
            "id": customer_id,
            "email": email,
            "signed_up_at": books.now,
            "email_verified_at": None,
        }
        books.insert(BY_EMAIL.table, customer | {"password_hash": password_hash})
        mail = outgoing_mail(
            books.new_id(),
            CodePurpose.VERIFY_EMAIL,
            ActorKind.CUSTOMER,
            customer_id,
            origin.language,
            books.now,
        )
        books.insert(MAILS, mail)
        return {"customer": customer}

    # Nobody has no keys of its own: the address stands for who will be the principal. The
    # password stays out of the fingerprint, which is kept.
    key = Key.of(f"email:{Key.of('', '', email, {}).id}", "signUp", request.key, {"email": email})
    return await house.desk.submit(
        Command(key=key, decide=decide, facts=(Fact(BY_EMAIL, (email,)),))
    )
