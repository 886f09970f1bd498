"""Paying one prize: the one decision behind payouts, claims and whole draws (L22)."""

from dataclasses import dataclass
from uuid import UUID

from models import Draw
from models.currencies import system_wallet_id
from models.engines import Row
from models.kinds import (
    DrawState,
    EntryKind,
    EventKind,
    TransactionType,
    WalletKind,
    WinningState,
)
from services import audiences
from services.accounts.ownership import lottery_account, own_account
from services.actors import not_found
from services.ledger.books import Books
from services.ledger.command import Body, Command, Fact, Key, RowLock
from services.ledger.postings import Move, Wallet, owner_of
from services.ledger.transactions import write_transaction
from services.lottery.lookups import DRAWS, WINNINGS
from services.parameters import ParameterName, Parameters
from services.refusals import RefusalCode, Refused

_WHOLE = 10_000
"""Basis points in a whole."""


@dataclass(frozen=True, slots=True)
class PrizeTerms:
    """The parameters that a payment follows, in minor units and basis points."""

    tax_from_minor: int
    tax_basis_points: int
    pool_threshold_minor: int

    @staticmethod
    async def in_force(parameters: Parameters) -> "PrizeTerms":
        """Return the terms in force."""
        return PrizeTerms(
            tax_from_minor=await parameters.value(ParameterName.PRIZE_TAX_FROM_MINOR),
            tax_basis_points=await parameters.value(ParameterName.PRIZE_TAX_BASIS_POINTS),
            pool_threshold_minor=await parameters.value(ParameterName.PRIZE_POOL_THRESHOLD_MINOR),
        )

    def tax_minor(self, prize_minor: int) -> int:
        """Return what is withheld: of a prize above the threshold its whole share, half up.

        Something is always left: a payment of nothing would be none.
        """
        if prize_minor <= self.tax_from_minor:
            return 0
        share_minor = (prize_minor * self.tax_basis_points + _WHOLE // 2) // _WHOLE
        return min(share_minor, prize_minor - 1)


@dataclass(frozen=True, slots=True)
class PrizeOrder:
    """Whose ticket is to be paid, and what must hold for whoever asks.

    Attributes:
        account_id: The account that the winning ticket must belong to.
        serial: The winning ticket's.
        amount_minor: What the prize must be, before tax; None where the caller names no amount.
        customer_id: Who must own the account; None where the caller is no customer.
    """

    account_id: UUID
    serial: str
    amount_minor: int | None = None
    customer_id: UUID | None = None


def prize_payment(terms: PrizeTerms, draw: Draw, order: PrizeOrder, key: Key) -> Command:
    """Return the command that pays one winning ticket of a draw, once.

    It answers with ``transaction``, ``winning_ticket`` (their rows) and ``available_minor`` of
    the account, or refuses with ``NOT_FOUND`` (account), ``DRAW_NOT_PUBLISHED``,
    ``NOT_WINNING_TICKET``, ``AMOUNT_MISMATCH``, ``PAID_ALREADY`` (with the paying
    ``transaction_id``), ``PRIZE_EXPIRED``, or ``INSUFFICIENT_FUNDS`` (the pool). A frozen account
    is paid like any other: inflows arrive.

    Args:
        terms: The parameters in force.
        draw: Only what never changes of it is used; its state is read under the lock.
        order: What is to be paid, on what conditions.
        key: Under which the answer is kept.
    """
    tax_id = system_wallet_id(WalletKind.TAX, draw.currency)

    def decide(books: Books) -> Body:
        account = _check_caller(books, order)
        winning = _check_prize(books, draw.id, order)
        prize_minor = winning["prize_minor"]
        tax_minor = terms.tax_minor(prize_minor)
        moves = [Move(draw.centre_id, account.id, prize_minor - tax_minor)]
        if tax_minor:
            moves.append(Move(draw.centre_id, tax_id, tax_minor))
        pool = books.wallet(draw.centre_id)
        posted = books.post(EntryKind.PAYOUT, *moves)
        after = posted.wallets[account.id]
        transaction = write_transaction(
            books,
            posted,
            after,
            TransactionType.PAYOUT,
            prize_minor - tax_minor,
            partner_id=draw.centre_id,
        )
        changes = {
            "state": WinningState.PAID,
            "payout_id": posted.entry_id,
            "tax_minor": tax_minor,
            "paid_at": posted.at,
        }
        books.update(WINNINGS.table, winning["id"], **changes)
        body: Body = {
            "transaction": transaction,
            "winning_ticket": winning | changes,
            "available_minor": after.available_minor,
        }
        _tell(books, body, owner_of(account), draw.centre_id)
        _warn(books, pool, posted.wallets[pool.id], terms.pool_threshold_minor)
        return body

    return Command(
        key=key,
        decide=decide,
        wallets=(order.account_id, draw.centre_id, tax_id),
        locks=(RowLock(DRAWS.table, draw.id),),
        facts=(Fact(WINNINGS, (draw.id, order.serial)),),
    )


async def find_draw(draw_id: UUID) -> Draw:
    """Return the draw that a prize is asked of.

    Raises:
        Refused: ``NOT_FOUND``.
    """
    draw = await Draw.get_or_none(id=draw_id)
    if draw is None:
        raise not_found("drawId")
    return draw


def _check_caller(books: Books, order: PrizeOrder) -> Wallet:
    if order.customer_id is not None:
        return own_account(books, order.account_id, order.customer_id)
    return lottery_account(books, order.account_id)


def _check_prize(books: Books, draw_id: UUID, order: PrizeOrder) -> Row:
    draw = books.one(DRAWS, draw_id)
    if draw is None or draw["state"] != DrawState.PUBLISHED:
        raise Refused(RefusalCode.DRAW_NOT_PUBLISHED, "drawId")
    winning = books.one(WINNINGS, draw_id, order.serial)
    if winning is None or winning["account_id"] != order.account_id:
        raise Refused(RefusalCode.NOT_WINNING_TICKET, "serial")
    if order.amount_minor is not None and order.amount_minor != winning["prize_minor"]:
        raise Refused(RefusalCode.AMOUNT_MISMATCH, "amount")
    if winning["state"] == WinningState.PAID:
        paid_by = str(winning["payout_id"])
        raise Refused(RefusalCode.PAID_ALREADY, "serial", transaction_id=paid_by)
    if books.now >= draw["claims_close_at"]:
        raise Refused(RefusalCode.PRIZE_EXPIRED, "serial")
    return winning


def _tell(books: Books, body: Body, customer_id: UUID, centre_id: UUID) -> None:
    transaction = body["transaction"]
    books.tell(
        EventKind.PRIZE_PAID,
        body,
        audiences.customer(customer_id),
        account_id=transaction["account_id"],
    )
    books.tell(
        EventKind.PRIZE_PAID,
        {
            "transaction": transaction | {"balance_after_minor": None},
            "winning_ticket": body["winning_ticket"],
        },
        audiences.partner(centre_id),
    )


def _warn(books: Books, before: Wallet, after: Wallet, threshold_minor: int) -> None:
    """Alert once when the pool falls below its threshold, not with every payment beneath it."""
    if before.balance_minor >= threshold_minor > after.balance_minor:
        books.tell(
            EventKind.THRESHOLD_ALERT,
            {
                "name": ParameterName.PRIZE_POOL_THRESHOLD_MINOR,
                "wallet_id": after.id,
                "partner_id": after.id,
                "balance_minor": after.balance_minor,
                "threshold_minor": threshold_minor,
                "currency": after.currency,
            },
            audiences.ALERTS,
            audiences.partner(after.id),
        )
