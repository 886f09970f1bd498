"""Opening a fund account, which may be used at once (L1)."""

from dataclasses import dataclass

from models import Account
from models.engines import Lookup, Row
from models.kinds import EventKind, WalletKind
from services import audiences
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused

BY_PURPOSE = Lookup.of(Account, "customer_id", "kind", "currency")
NUMBER_DIGITS = 16


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """The opening data of a lottery fund account."""

    key: str
    currency: str
    holder_name: str
    phone: str


async def open_account(house: House, actor: Actor, request: OpenAccount) -> Answered:
    """Open the caller's lottery fund account in a currency: one for each.

    Returns:
        ``account`` (its row), ``available_minor``.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``ACCOUNT_EXISTS`` with ``account_id``.
    """
    customer_id = actor.customer_id()
    purpose = (customer_id, WalletKind.LOTTERY, request.currency)

    def decide(books: Books) -> Body:
        existing = books.one(BY_PURPOSE, *purpose)
        if existing is not None:
            raise Refused(RefusalCode.ACCOUNT_EXISTS, "currency", account_id=str(existing["id"]))
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
            "holder_name": request.holder_name,
            "phone": request.phone,
            "opened_at": books.now,
        }
        books.insert(BY_PURPOSE.table, account)
        books.tell(
            EventKind.ACCOUNT_OPENED,
            {"account": {"id": wallet.id, "number": account["number"]}},
            audiences.customer(customer_id),
            account_id=wallet.id,
        )
        return {"account": account, "available_minor": 0}

    key = Key.of(actor.principal, "openAccount", request.key, request)
    return await house.desk.submit(
        Command(key=key, decide=decide, facts=(Fact(BY_PURPOSE, purpose),))
    )
