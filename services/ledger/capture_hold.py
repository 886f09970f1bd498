"""Paying a partner out of a hold, in parts or at once."""

from dataclasses import dataclass
from uuid import UUID

from models import Partner
from models.engines import Lookup
from models.kinds import (
    EntryKind,
    EventKind,
    HoldState,
    PartnerKind,
    PartnerStatus,
    Permission,
    TransactionType,
    WalletKind,
)
from services import audiences
from services.actors import Actor, not_found
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.ledger.holds import HOLDS, check_part, held_wallet, placed
from services.ledger.means import Means
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import write_transaction
from services.refusals import RefusalCode, Refused

PARTNERS = Lookup.of(Partner)


@dataclass(frozen=True, slots=True)
class CaptureHold:
    """How much of a hold goes to which sales platform, in minor units above zero."""

    key: str
    hold_id: UUID
    partner_id: UUID
    amount_minor: int


async def capture_hold(house: Means, actor: Actor, order: CaptureHold) -> Answered:
    """Let go of a part of a hold and pay it to the partner, in one command.

    Returns:
        ``hold``, ``transaction`` (rows), ``available_minor`` of the account.

    Raises:
        NotAllowed: The caller may not order entries.
        Refused: ``NOT_FOUND`` (hold or partner), ``HOLD_ENDED``, ``INSUFFICIENT_FUNDS`` (the hold
            holds less), ``PARTNER_SUSPENDED``, ``CURRENCY_MISMATCH``, ``ACCOUNT_BLOCKED``.
    """
    actor.require(Permission.ORDER_ENTRIES)
    account_id = await held_wallet(order.hold_id)

    def decide(books: Books) -> Body:
        hold = placed(books, order.hold_id)
        check_part(books, hold, order.amount_minor)
        account = books.wallet(account_id)
        _check_partner(books, order.partner_id, account.currency)
        if account.kind is not WalletKind.LOTTERY:
            raise not_found("holdId")
        hold = books.let_go(hold, order.amount_minor, HoldState.CAPTURED)
        posted = books.post(
            EntryKind.CAPTURE,
            Move(account_id, order.partner_id, order.amount_minor),
            path=("amount",),
        )
        after = posted.wallets[account_id]
        transaction = write_transaction(
            books,
            posted,
            after,
            TransactionType.PURCHASE,
            -order.amount_minor,
            partner_id=order.partner_id,
        )
        body: Body = {"transaction": transaction, "available_minor": after.available_minor}
        shown = {"transaction": transaction | {"balance_after_minor": None}}
        holder = audiences.customer(owner_of(after))
        books.tell(EventKind.PURCHASE, body, holder, account_id=account_id)
        books.tell(EventKind.PURCHASE, shown, audiences.partner(order.partner_id))
        return body | {"hold": hold}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "captureHold", order.key, order),
            decide=decide,
            wallets=(account_id, order.partner_id),
            facts=(Fact(HOLDS, (order.hold_id,)), Fact(PARTNERS, (order.partner_id,))),
            audit=Audit(account_id) if actor.is_of_the_house else None,
        )
    )


def _check_partner(books: Books, partner_id: UUID, currency: str) -> None:
    partner = books.one(PARTNERS, partner_id)
    if partner is None or partner["kind"] != PartnerKind.SALES_PLATFORM:
        raise not_found("partnerId")
    if partner["status"] != PartnerStatus.ACTIVE:
        raise Refused(RefusalCode.PARTNER_SUSPENDED, "partnerId")
    if partner["currency"] != currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH, "partnerId")
