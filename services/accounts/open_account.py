"""Opening a fund account, which may be used at once (L1)."""

from dataclasses import dataclass, field
from datetime import date

from models import Account, Customer, Profile
from models.engines import Lookup, Row, Table
from models.kinds import EventKind, IdentityKind, WalletKind
from services import audiences
from services.accounts.exclude_myself import EXCLUDED_IDENTITIES, check_identity_not_excluded
from services.accounts.identity import Document, is_of_age, read_identity
from services.accounts.profiles import holders_name, phone_number, sealed_profile
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.refusals import RefusalCode, Refused
from services.vault import Purpose

BY_CUSTOMER = Lookup.of(Account, "customer_id")
BY_IDENTITY = Lookup.of(Account, "identity", "kind", "live_currency")
CUSTOMERS = Table.of(Customer)
PROFILES = Table.of(Profile)
NUMBER_DIGITS = 16


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """The opening data of a lottery fund account.

    ``birth_date`` is asked where the document does not tell it, ``issuing_country`` (ISO 3166,
    three letters) of a passport.
    """

    key: str
    currency: str
    holder_name: str = field(repr=False)
    phone: str = field(repr=False)
    identity_kind: IdentityKind
    identity_number: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    issuing_country: str | None = None


async def open_account(house: House, actor: Actor, request: OpenAccount) -> Answered:
    """Open the caller's lottery fund account in a currency: one for each.

    One identity has one account for a purpose and currency among all customers, and a customer
    has one identity. Nobody under 18 has an account. Personal data is sealed before the desk has
    it: the answer and the event hold none.

    Returns:
        ``account`` (its row), ``available_minor``.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``IDENTITY_INVALID``, ``BIRTH_DATE_NEEDED``, ``PHONE_INVALID``, ``UNDER_AGE``,
            ``ACCOUNT_EXISTS`` with ``account_id``, ``IDENTITY_MISMATCH`` (the customer's other
            account is somebody else's), ``IDENTITY_IN_USE`` (another customer has the account),
            ``SELF_EXCLUDED``.
    """
    customer_id = actor.customer_id()
    document = Document(
        request.identity_kind, request.identity_number, request.birth_date, request.issuing_country
    )
    identity = read_identity(document)
    name, phone = holders_name(request.holder_name), phone_number(request.phone)
    profile = sealed_profile(house.vault, identity, name, phone)
    fingerprint = house.vault.fingerprint(Purpose.IDENTITY_NUMBER, identity.text)
    purpose = (fingerprint, WalletKind.LOTTERY, request.currency)

    def decide(books: Books) -> Body:
        if not is_of_age(identity.born, house.business_day(books.now)):
            raise Refused(RefusalCode.UNDER_AGE, "identityNumber")
        _check_customer(books.all(BY_CUSTOMER, customer_id), request.currency, fingerprint)
        check_identity_not_excluded(books, fingerprint)
        if books.one(BY_IDENTITY, *purpose) is not None:
            raise Refused(RefusalCode.IDENTITY_IN_USE, "identityNumber")
        wallet = books.open_wallet(
            WalletKind.LOTTERY, request.currency, customer_id, books.new_id()
        )
        account: Row = {
            "id": wallet.id,
            # The id's random end: a clash meets the unique column and is decided anew.
            "number": str(wallet.id.int % 10**NUMBER_DIGITS).zfill(NUMBER_DIGITS),
            "customer_id": customer_id,
            "kind": wallet.kind,
            "currency": request.currency,
            "live_currency": request.currency,
            "identity": fingerprint,
            "opened_at": books.now,
            "closing_at": None,
            "closed_at": None,
        }
        books.insert(BY_CUSTOMER.table, account)
        books.insert(PROFILES, profile | {"id": wallet.id})
        books.tell(
            EventKind.ACCOUNT_OPENED,
            {"account": {"id": wallet.id, "number": account["number"]}},
            audiences.customer(customer_id),
            account_id=wallet.id,
        )
        return {"account": account, "available_minor": 0}

    # What was asked is remembered by a keyed fingerprint: a plain one could be guessed from.
    who = f"{identity.text}\n{identity.born}\n{name}\n{phone}"
    asked = {
        "currency": request.currency,
        "who": house.vault.fingerprint(Purpose.IDENTITY_NUMBER, who),
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "openAccount", request.key, asked),
            decide=decide,
            # A customer's accounts are decided one after the other, or two could differ.
            locks=(RowLock(CUSTOMERS, customer_id, exclusive=True),),
            facts=(
                Fact(BY_CUSTOMER, (customer_id,)),
                Fact(BY_IDENTITY, purpose),
                Fact(EXCLUDED_IDENTITIES, (fingerprint,)),
            ),
        )
    )


def _check_customer(accounts: list[Row], currency: str, fingerprint: str) -> None:
    for account in accounts:
        if account["live_currency"] == currency:
            account_id = str(account["id"])
            raise Refused(RefusalCode.ACCOUNT_EXISTS, "currency", account_id=account_id)
    if any(account["identity"] != fingerprint for account in accounts):
        raise Refused(RefusalCode.IDENTITY_MISMATCH, "identityNumber")
