"""Whose card it is, and what of it may be shown."""

from uuid import UUID

from stdnum import luhn

from models import BankCard
from models.engines import Lookup, Row
from services.actors import not_found
from services.bank import CardDetails
from services.ledger.books import Books
from services.refusals import RefusalCode, Refused
from services.vault import Purpose, Vault

CARDS = Lookup.of(BankCard)
OF_CUSTOMER = Lookup.of(BankCard, "customer_id")
BY_FINGERPRINT = Lookup.of(BankCard, "fingerprint")

CARDS_MAX = 5
"""How many cards a customer may have bound at a time."""
DIGITS = range(12, 20)
"""How many digits a card number has."""
LAST_DIGITS = 4

_SHOWN = ("id", "customer_id", "last_four", "bound_at", "unbound_at")


def card_number(text: str) -> str:
    """Return the digits of a card number that is written with spaces or hyphens, or without.

    Raises:
        Refused: ``CARD_NUMBER_INVALID``: other characters, too few or too many digits, or a check
            digit that is wrong.
    """
    number = text.replace(" ", "").replace("-", "")
    if not (number.isascii() and number.isdecimal() and len(number) in DIGITS):
        raise Refused(RefusalCode.CARD_NUMBER_INVALID, "number")
    if not luhn.is_valid(number):
        raise Refused(RefusalCode.CARD_NUMBER_INVALID, "number")
    return number


def shown_card(row: Row) -> Row:
    """Return what answers and events may hold of a card: of its number, the last four digits."""
    return {name: row[name] for name in _SHOWN}


def own_card(books: Books, card_id: UUID, customer_id: UUID) -> Row:
    """Return the row of a customer's own bound card, which the command has locked.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    card = books.one(CARDS, card_id)
    if card is None or card["customer_id"] != customer_id or card["unbound_at"] is not None:
        raise not_found("cardId")
    return card


def opened(vault: Vault, card: BankCard) -> CardDetails:
    """Return a bound card in clear, for the bank alone."""
    assert card.number_sealed is not None  # noqa: S101 - whatever is under way keeps a card bound
    assert card.holder_sealed is not None  # noqa: S101 - the same
    return CardDetails(
        vault.open(Purpose.CARD_NUMBER, card.number_sealed),
        vault.open(Purpose.NAME, card.holder_sealed),
    )
