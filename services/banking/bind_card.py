"""Binding a bank card, so that money can come from it and go to it."""

import unicodedata
from dataclasses import dataclass, field
from uuid import UUID

from models import Account, Customer, Profile
from models.engines import Row, Table
from models.kinds import EventKind
from services import audiences
from services.actors import Actor
from services.banking.cards import (
    BY_FINGERPRINT,
    CARDS_MAX,
    LAST_DIGITS,
    OF_CUSTOMER,
    card_number,
    shown_card,
)
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.refusals import RefusalCode, Refused
from services.vault import CannotOpen, Purpose, Vault

CUSTOMERS = Table.of(Customer)


@dataclass(frozen=True, slots=True)
class BindCard:
    """A card as it is written on itself."""

    key: str
    number: str = field(repr=False)
    holder_name: str = field(repr=False)


async def bind_card(house: House, actor: Actor, request: BindCard) -> Answered:
    """Bind a card of the caller's own; one that is bound already stays as it is.

    The number and the name are sealed, and neither answers nor events hold more of them than the
    last four digits. A card whose holder is another, and one that somebody else has bound, are
    refused alike.

    Returns:
        ``card`` (what may be shown of it).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``STEP_UP_REQUIRED``, ``CARD_NUMBER_INVALID``, ``CARD_REFUSED``,
            ``CARD_LIMIT_REACHED``, ``UNREADABLE`` (the account's name is lost with its key).
    """
    customer_id = actor.customer_id()
    actor.require_step_up(house.clock())
    number = card_number(request.number)
    fingerprint = house.vault.fingerprint(Purpose.CARD_NUMBER, number)
    holder = _plain(request.holder_name)
    holders = await _holders(house.vault, customer_id)
    sealed_number = house.vault.seal(Purpose.CARD_NUMBER, number)
    sealed_holder = house.vault.seal(Purpose.NAME, request.holder_name.strip())

    def decide(books: Books) -> Body:
        known = books.one(BY_FINGERPRINT, fingerprint)
        if known is not None and known["customer_id"] == customer_id:
            return {"card": shown_card(known)}
        if known is not None or holder not in holders:
            raise Refused(RefusalCode.CARD_REFUSED)
        cards = books.all(OF_CUSTOMER, customer_id)
        if sum(card["unbound_at"] is None for card in cards) >= CARDS_MAX:
            raise Refused(RefusalCode.CARD_LIMIT_REACHED)
        row: Row = {
            "id": books.new_id(),
            "customer_id": customer_id,
            "number_sealed": sealed_number,
            "holder_sealed": sealed_holder,
            "fingerprint": fingerprint,
            "last_four": number[-LAST_DIGITS:],
            "bound_at": books.now,
            "unbound_at": None,
        }
        books.insert(OF_CUSTOMER.table, row)
        body: Body = {"card": shown_card(row)}
        books.tell(EventKind.CARD_BOUND, body, audiences.customer(customer_id))
        return body

    # A key is kept with a hash of what was asked, and a bare hash of a card number tells it.
    asked = {"number": fingerprint, "holder": house.vault.fingerprint(Purpose.NAME, holder)}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "bindCard", request.key, asked),
            decide=decide,
            locks=(RowLock(CUSTOMERS, customer_id, exclusive=True),),
            facts=(Fact(BY_FINGERPRINT, (fingerprint,)), Fact(OF_CUSTOMER, (customer_id,))),
            audit=Audit(customer_id),
        )
    )


async def _holders(vault: Vault, customer_id: UUID) -> frozenset[str]:
    """Return the names of a customer's accounts, which never change.

    Raises:
        Refused: ``UNREADABLE``.
    """
    account_ids = await Account.filter(customer_id=customer_id).values_list("id", flat=True)
    profiles = Profile.filter(id__in=list(account_ids)).values_list("name_sealed", flat=True)
    try:
        return frozenset(_plain(vault.open(Purpose.NAME, str(name))) for name in await profiles)
    except CannotOpen:
        raise Refused(RefusalCode.UNREADABLE) from None


def _plain(name: str) -> str:
    """Return a name without what is a matter of writing: banks print capitals."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
