"""What the bank takes back of what it had brought."""

from dataclasses import dataclass
from uuid import UUID

from models import Entry
from models.currencies import system_wallet_id
from models.engines import Lookup
from models.kinds import EntryKind, EventKind, WalletKind
from services import audiences
from services.ledger.books import Books
from services.ledger.command import Body
from services.ledger.postings import Move, Posted

REVERSALS = Lookup.of(Entry, "reverses_id")
BY_THE_BANK = "taken back by the bank"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was left to take from the wallet, and what suspense owes the bank for the rest."""

    posted: Posted
    taken_minor: int
    owed_minor: int


def take_back(
    books: Books,
    entry_id: UUID,
    wallet_id: UUID,
    amount_minor: int,
    audience: str,
    *,
    reason: str | None,
    about: Body,
) -> TakenBack | None:
    """Reverse what an entry brought: what is left of it comes from the wallet, the rest is a debt.

    Blocked or not, the money is gone from the bank. A debt is told to those who hear alerts.

    Args:
        books: Where the wallet, the bank's and the debt's were declared, and ``REVERSALS``.
        entry_id: The entry that brought it.
        wallet_id: Where it went.
        amount_minor: How much the bank takes back.
        audience: Who is told, beside those who hear alerts.
        reason: The bank's.
        about: What the event says beside the amounts.

    Returns:
        None, where an operator has reversed the entry already.
    """
    if books.one(REVERSALS, entry_id) is not None:
        return None
    wallet = books.wallet(wallet_id)
    bank_id = system_wallet_id(WalletKind.BANK, wallet.currency)
    debt_id = system_wallet_id(WalletKind.SUSPENSE_DEBT, wallet.currency)
    taken_minor = min(max(wallet.available_minor, 0), amount_minor)
    shares = ((wallet_id, taken_minor), (debt_id, amount_minor - taken_minor))
    posted = books.post(
        EntryKind.REVERSAL,
        *(Move(source, bank_id, share_minor) for source, share_minor in shares if share_minor),
        reverses_id=entry_id,
        reason=reason or BY_THE_BANK,
    )
    body: Body = about | {
        "amount_minor": amount_minor,
        "owed_minor": amount_minor - taken_minor,
        "currency": wallet.currency,
    }
    told = (audience,) if taken_minor == amount_minor else (audience, audiences.ALERTS)
    books.tell(EventKind.DEPOSIT_REVERSED, body, *told)
    return TakenBack(posted, taken_minor, amount_minor - taken_minor)
