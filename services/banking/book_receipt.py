"""Booking money that arrived at the bank without an instruction of ours."""

import structlog

from models.currencies import DECIMALS, system_wallet_id
from models.kinds import EntryKind, WalletKind
from services.actors import SYSTEM
from services.bank import BankNews
from services.banking.suspense import BY_REFERENCE, keep_in_suspense
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Body, Command, Fact, Key

REMITTANCE_MAX = 200

log = structlog.get_logger(__name__)


async def book_receipt(house: House, news: BankNews) -> None:
    """Put what arrived into suspense, once for each reference of the bank's."""
    if news.currency not in DECIMALS or news.amount_minor <= 0:
        log.error("the bank tells of what is not kept here", reference=news.reference)
        return
    bank_id = system_wallet_id(WalletKind.BANK, news.currency)
    remittance = "".join(filter(str.isprintable, news.remittance))[:REMITTANCE_MAX]

    def decide(books: Books) -> Body:
        item = books.one(BY_REFERENCE, news.reference) or keep_in_suspense(
            books,
            EntryKind.RECEIPT,
            bank_id,
            news.amount_minor,
            currency=news.currency,
            reference=news.reference,
            remittance=remittance,
        )
        return {"suspense_item": item}

    await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "bookReceipt", news.reference, {}),
            decide=decide,
            wallets=(bank_id, system_wallet_id(WalletKind.SUSPENSE, news.currency)),
            facts=(Fact(BY_REFERENCE, (news.reference,)),),
        )
    )
