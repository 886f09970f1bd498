"""Paying for picked tickets from a player's account, by a sales platform under a mandate (L21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.engines import Row
from models.kinds import (
    ApiKeyScope,
    EntryKind,
    EventKind,
    PartnerKind,
    TicketState,
    TransactionState,
    TransactionType,
    WalletKind,
)
from services import audiences
from services.actors import Actor, not_found
from services.allowances import SPENT, allowance_facts, use
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.ledger.postings import Move, owner_of
from services.ledger.transactions import write_transaction
from services.lottery.draws import is_selling
from services.lottery.lookups import DRAWS, MANDATES, REFERENCES, SERIALS
from services.lottery.mandates import check_mandate, use_mandate
from services.parameters import ParameterName
from services.partners.standing import PARTNERS, check_active
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PickedTicket:
    """A ticket as the player picked it; ``serial`` is the centre's, where it is known already."""

    draw_id: UUID
    numbers: str
    stake_minor: int
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A payment instruction. ``reference`` is the platform's own and pays once."""

    key: str
    account_id: UUID
    reference: str
    amount_minor: int
    currency: str
    tickets: tuple[PickedTicket, ...]


async def purchase(house: House, actor: Actor, order: PurchaseOrder) -> Answered:
    """Debit the account for the tickets, or say exactly why not.

    Returns:
        ``transaction`` (its row), ``tickets`` (their rows), ``available_minor`` after it.

    Raises:
        NotAllowed: The caller is no sales platform.
        Refused: ``AMOUNT_MISMATCH``, ``PARTNER_SUSPENDED``, ``ORDER_REFERENCE_USED``,
            ``MANDATE_MISSING``, ``MANDATE_EXPIRED``, ``MANDATE_LIMIT_EXCEEDED``,
            ``SELF_EXCLUDED``, ``SELF_LIMIT_EXCEEDED``, ``CURRENCY_MISMATCH``, ``NOT_FOUND`` (a
            draw), ``DRAW_CLOSED``, ``SERIAL_USED``, ``ACCOUNT_BLOCKED``, ``INSUFFICIENT_FUNDS``.
    """
    confirmation = await _time_to_confirm(house)
    return await house.desk.submit(_command(house, actor, order, confirmation))


async def purchase_many(
    house: House, actor: Actor, orders: Sequence[PurchaseOrder]
) -> list[Answered | Refused]:
    """Make several purchases at once, each with an answer of its own.

    They go to the desk in the order given, and so do the answers.

    Raises:
        NotAllowed: The caller is no sales platform.
    """
    confirmation = await _time_to_confirm(house)
    made: list[Command | Refused] = []
    for order in orders:
        try:
            made.append(_command(house, actor, order, confirmation))
        except Refused as refused:
            made.append(refused)
    commands = [command for command in made if isinstance(command, Command)]
    answers = iter(await house.desk.submit_all(commands))
    return [each if isinstance(each, Refused) else next(answers) for each in made]


async def _time_to_confirm(house: House) -> timedelta:
    return timedelta(seconds=await house.parameters.value(ParameterName.TICKET_CONFIRMATION_S))


def _command(house: House, actor: Actor, order: PurchaseOrder, confirmation: timedelta) -> Command:
    platform_id = actor.partner_id(PartnerKind.SALES_PLATFORM, scope=ApiKeyScope.SELL)
    stakes_minor = [ticket.stake_minor for ticket in order.tickets]
    if order.amount_minor != sum(stakes_minor) or min(stakes_minor, default=0) <= 0:
        raise Refused(RefusalCode.AMOUNT_MISMATCH, "amount")

    def decide(books: Books) -> Body:
        check_active(books, platform_id)
        _check_reference(books, platform_id, order)
        mandate = check_mandate(books, books.one(MANDATES, order.account_id, platform_id))
        account = books.wallet(order.account_id)
        if account.kind is not WalletKind.LOTTERY or account.currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        today = house.business_day(books.now)
        use_mandate(books, mandate, order.amount_minor, today)
        use(books, order.account_id, SPENT, order.amount_minor, today)
        _check_tickets(books, order)
        posted = books.post(
            EntryKind.PURCHASE, Move(order.account_id, platform_id, order.amount_minor)
        )
        after = posted.wallets[order.account_id]
        unconfirmed = any(ticket.serial is None for ticket in order.tickets)
        transaction = write_transaction(
            books,
            posted,
            after,
            TransactionType.PURCHASE,
            -order.amount_minor,
            state=TransactionState.PENDING if unconfirmed else TransactionState.COMPLETED,
            partner_id=platform_id,
            reference=order.reference,
        )
        tickets: list[Row] = [
            {
                "id": books.new_id(),
                "purchase_id": posted.entry_id,
                "account_id": order.account_id,
                "draw_id": ticket.draw_id,
                "numbers": ticket.numbers,
                "stake_minor": ticket.stake_minor,
                "serial": ticket.serial,
                "state": (
                    TicketState.UNCONFIRMED if ticket.serial is None else TicketState.CONFIRMED
                ),
                "confirm_by": posted.at + confirmation if ticket.serial is None else None,
            }
            for ticket in order.tickets
        ]
        for ticket in tickets:
            books.insert(SERIALS.table, ticket)
        body = {"transaction": transaction, "available_minor": after.available_minor}
        books.tell(
            EventKind.PURCHASE,
            body,
            audiences.customer(owner_of(account)),
            account_id=order.account_id,
        )
        books.tell(
            EventKind.PURCHASE,
            {"transaction": transaction | {"balance_after_minor": None}},
            audiences.partner(platform_id),
        )
        return body | {"tickets": tickets}

    draw_ids = sorted({ticket.draw_id for ticket in order.tickets})
    return Command(
        key=Key.of(actor.principal, "purchase", order.key, order),
        decide=decide,
        wallets=(order.account_id, platform_id),
        locks=tuple(RowLock(DRAWS.table, draw_id) for draw_id in draw_ids),
        facts=(
            Fact(PARTNERS, (platform_id,)),
            Fact(MANDATES, (order.account_id, platform_id)),
            *allowance_facts(order.account_id),
            Fact(REFERENCES, (platform_id, order.reference)),
            *(
                Fact(SERIALS, (ticket.draw_id, ticket.serial))
                for ticket in order.tickets
                if ticket.serial is not None
            ),
        ),
    )


def _check_reference(books: Books, platform_id: UUID, order: PurchaseOrder) -> None:
    used = books.one(REFERENCES, platform_id, order.reference)
    if used is not None:
        shown = used | {"balance_after_minor": None}
        raise Refused(RefusalCode.ORDER_REFERENCE_USED, "reference", transaction=shown)


def _check_tickets(books: Books, order: PurchaseOrder) -> None:
    serials: set[tuple[UUID, str]] = set()
    for index, ticket in enumerate(order.tickets):
        draw = books.one(DRAWS, ticket.draw_id)
        if draw is None or draw["currency"] != order.currency:
            raise not_found("tickets", index, "drawId")
        if not is_selling(draw, books.now):
            raise Refused(RefusalCode.DRAW_CLOSED, "tickets", index, "drawId")
        if ticket.serial is not None:
            serial = (ticket.draw_id, ticket.serial)
            if serial in serials or books.one(SERIALS, *serial) is not None:
                raise Refused(RefusalCode.SERIAL_USED, "tickets", index, "serial")
            serials.add(serial)
