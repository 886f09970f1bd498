"""Taking an entry back by a mirrored one that names it."""

from dataclasses import dataclass
from uuid import UUID

from models import Entry, Line
from models.engines import Lookup, Row
from models.kinds import (
    EntryKind,
    EventKind,
    Permission,
    TransactionState,
    TransactionType,
)
from services import audiences
from services.actors import Actor, not_found
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.ledger.means import Means
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import TRANSACTIONS, write_transaction
from services.refusals import RefusalCode, Refused

ENTRIES = Lookup.of(Entry)
REVERSALS = Lookup.of(Entry, "reverses_id")
LINES = Lookup.of(Line, "entry_id")
REASON_LENGTH = 200

REVERSIBLE = frozenset({EntryKind.DEPOSIT, EntryKind.POOL_FUNDING, EntryKind.CAPTURE})
"""What can be taken back by its money alone.

A purchase has tickets and a prize has its ticket: those are given back by verbs that know them.
"""


@dataclass(frozen=True, slots=True)
class ReverseEntry:
    """Which entry is taken back, and why: at least a word, at most 200 characters."""

    key: str
    entry_id: UUID
    reason: str


async def reverse(house: Means, actor: Actor, order: ReverseEntry) -> Answered:
    """Post the mirror of an entry, once, as the house or an operator.

    A blocked account does not stop it. The movement that the holder saw is marked as refunded,
    and a refund stands beside it in the list, for the negative amount where money is taken back.

    Returns:
        ``entry`` (the reversal's row), ``transaction`` (the refund's row, or None).

    Raises:
        NotAllowed: The caller may not order entries.
        ValueError: There is no reason, or it is too long.
        Refused: ``NOT_FOUND`` (also an entry that cannot be reversed), ``REVERSED_ALREADY``,
            ``INSUFFICIENT_FUNDS`` (what the entry brought has been spent or is held).
    """
    actor.require(Permission.ORDER_ENTRIES)
    reason = order.reason.strip()
    if not 0 < len(reason) <= REASON_LENGTH:
        message = f"a reversal needs a reason of at most {REASON_LENGTH} characters"
        raise ValueError(message)
    # The lines of an entry never change, so the wallets may be found before the lock.
    wallet_ids = {line.wallet_id for line in await Line.filter(entry_id=order.entry_id)}
    if not wallet_ids:
        raise not_found("entryId")

    def decide(books: Books) -> Body:
        entry = books.one(ENTRIES, order.entry_id)
        if entry is None or entry["kind"] not in REVERSIBLE:
            raise not_found("entryId")
        original = books.one(TRANSACTIONS, order.entry_id)
        given_back = original is not None and original["refunded_minor"] != 0
        if given_back or books.one(REVERSALS, order.entry_id) is not None:
            raise Refused(RefusalCode.REVERSED_ALREADY, "entryId")
        posted = books.post(
            EntryKind.REVERSAL,
            *mirrored(books.all(LINES, order.entry_id)),
            reverses_id=order.entry_id,
            reason=reason,
            path=("entryId",),
        )
        row = {
            "id": posted.entry_id,
            "kind": EntryKind.REVERSAL,
            "at": posted.at,
            "reverses_id": order.entry_id,
            "reason": reason,
        }
        if original is None:
            return {"entry": row, "transaction": None}
        after = posted.wallets[original["account_id"]]
        books.update(
            TRANSACTIONS.table,
            original["id"],
            state=TransactionState.REFUNDED,
            refunded_minor=abs(original["amount_minor"]),
        )
        transaction = write_transaction(
            books,
            posted,
            after,
            TransactionType.REFUND,
            -original["amount_minor"],
            partner_id=original["partner_id"],
            original_id=original["id"],
        )
        body: Body = {"transaction": transaction, "available_minor": after.available_minor}
        holder = audiences.customer(owner_of(after))
        books.tell(EventKind.REFUND, body, holder, account_id=after.id)
        if original["partner_id"] is not None:
            partner = audiences.partner(original["partner_id"])
            shown = {"transaction": transaction | {"balance_after_minor": None}}
            books.tell(EventKind.REFUND, shown, partner)
        return {"entry": row, "transaction": transaction}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "reverse", order.key, order),
            decide=decide,
            wallets=tuple(sorted(wallet_ids)),
            facts=(
                Fact(ENTRIES, (order.entry_id,)),
                Fact(REVERSALS, (order.entry_id,)),
                Fact(LINES, (order.entry_id,)),
                Fact(TRANSACTIONS, (order.entry_id,)),
            ),
            audit=Audit(order.entry_id, reason),
        )
    )


def mirrored(lines: list[Row]) -> list[Move]:
    """Return the moves that take back what these lines of one currency did."""
    gave = [
        [line["wallet_id"], -line["amount_minor"]] for line in lines if line["amount_minor"] < 0
    ]
    moves = []
    for line in lines:
        left_minor = line["amount_minor"]
        while left_minor > 0:
            receiver, wanted_minor = gave[-1]
            amount_minor = min(left_minor, wanted_minor)
            moves.append(Move(line["wallet_id"], receiver, amount_minor))
            left_minor -= amount_minor
            gave[-1][1] -= amount_minor
            if gave[-1][1] == 0:
                gave.pop()
    return moves
