"""A lottery centre says which tickets of a draw won, and how much (L22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from models import Draw
from models.engines import Row
from models.kinds import ApiKeyScope, DrawState, EventKind, PartnerKind, TicketState, WinningState
from services import audiences
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key, RowLock
from services.lottery.lookups import DRAWS, SERIALS, WINNINGS
from services.lottery.ownership import own_draw
from services.parameters import ParameterName
from services.partners.standing import PARTNERS, check_active
from services.refusals import RefusalCode, Refused

MOST_AT_ONCE = 1000
"""How many winning tickets one call may bring."""

UNKNOWN_SERIAL = "UNKNOWN_SERIAL"
"""A row's result: no confirmed ticket of the draw has this serial."""


@dataclass(frozen=True, slots=True)
class UploadWinningTickets:
    """Winning tickets as (serial, prize in minor units of the draw's currency)."""

    key: str
    draw_id: UUID
    tickets: tuple[tuple[str, int], ...]
    publish: bool


async def upload_winning_tickets(
    house: House, actor: Actor, upload: UploadWinningTickets, currencies: Sequence[str] = ()
) -> Answered:
    """Take winning tickets of a closed draw, each verified against a confirmed ticket.

    A row that cannot be taken does not hinder its neighbours. Publishing ends the uploads and
    begins the payment of prizes, until ``PRIZE_CLAIM_DAYS`` are over.

    Args:
        house: The means.
        actor: Who uploads.
        upload: What.
        currencies: Of the prizes, in their order, where they were named.

    Returns:
        ``draw`` (its row), and ``results``: for each row, in order, its ``serial`` and ``code``:
        null when it was taken, else ``UNKNOWN_SERIAL``, ``TICKET_REFUNDED``, or ``SERIAL_USED``
        where the serial has won already.

    Raises:
        NotAllowed: The caller is no lottery centre.
        ValueError: More than ``MOST_AT_ONCE`` rows.
        Refused: ``AMOUNT_MISMATCH`` (a prize not above zero), ``CURRENCY_MISMATCH`` (a prize in
            another currency than the draw's), ``PARTNER_SUSPENDED``, ``NOT_FOUND``,
            ``DRAW_NOT_CLOSED``, ``DRAW_PUBLISHED``.
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.DRAW)
    _check_rows(upload.tickets)
    await _check_currencies(upload.draw_id, centre_id, currencies)
    claims = timedelta(days=await house.parameters.value(ParameterName.PRIZE_CLAIM_DAYS))

    def decide(books: Books) -> Body:
        check_active(books, centre_id)
        draw = own_draw(books, upload.draw_id, centre_id)
        if draw["state"] == DrawState.PUBLISHED:
            raise Refused(RefusalCode.DRAW_PUBLISHED, "drawId")
        if draw["state"] != DrawState.CLOSED:
            raise Refused(RefusalCode.DRAW_NOT_CLOSED, "drawId")
        winnings: dict[str, Row] = {}
        results: list[dict[str, Any]] = []
        for serial, prize_minor in upload.tickets:
            code = _fault(books, upload.draw_id, serial)
            if serial in winnings:
                code = RefusalCode.SERIAL_USED
            if code is None:
                winnings[serial] = _winning(books, upload.draw_id, serial, prize_minor)
            results.append({"serial": serial, "code": code})
        for winning in winnings.values():
            books.insert(WINNINGS.table, winning)
        if upload.publish:
            changes = {"state": DrawState.PUBLISHED, "claims_close_at": books.now + claims}
            books.update(DRAWS.table, upload.draw_id, **changes)
            draw |= changes
            books.tell(EventKind.DRAW_PUBLISHED, {"draw": draw}, audiences.DRAWS)
        return {"draw": draw, "results": results}

    serials = {(upload.draw_id, serial) for serial, _ in upload.tickets}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "uploadWinningTickets", upload.key, upload),
            decide=decide,
            wallets=(centre_id,),
            locks=(RowLock(DRAWS.table, upload.draw_id, exclusive=True),),
            facts=(
                Fact(PARTNERS, (centre_id,)),
                *(Fact(SERIALS, serial) for serial in serials),
                *(Fact(WINNINGS, serial) for serial in serials),
            ),
        )
    )


async def _check_currencies(draw_id: UUID, centre_id: UUID, currencies: Sequence[str]) -> None:
    """Compare currencies with the draw's, which never changes."""
    draw = await Draw.get_or_none(id=draw_id, centre_id=centre_id) if currencies else None
    for index, currency in enumerate(currencies):
        if draw is not None and currency != draw.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "tickets", index, "prize", "currency")


def _check_rows(tickets: Sequence[tuple[str, int]]) -> None:
    if len(tickets) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} winning tickets at once")
    for index, (_, prize_minor) in enumerate(tickets):
        if prize_minor <= 0:
            raise Refused(RefusalCode.AMOUNT_MISMATCH, "tickets", index, "prize")


def _fault(books: Books, draw_id: UUID, serial: str) -> str | None:
    """Return why a serial cannot win, or None."""
    ticket = books.one(SERIALS, draw_id, serial)
    if ticket is None or ticket["state"] == TicketState.UNCONFIRMED:
        return UNKNOWN_SERIAL
    if ticket["state"] == TicketState.REFUNDED:
        return RefusalCode.TICKET_REFUNDED
    if books.one(WINNINGS, draw_id, serial) is not None:
        return RefusalCode.SERIAL_USED
    return None


def _winning(books: Books, draw_id: UUID, serial: str, prize_minor: int) -> Row:
    ticket = books.one(SERIALS, draw_id, serial)
    assert ticket is not None  # noqa: S101 - a serial without a ticket has a fault
    return {
        "id": books.new_id(),
        "draw_id": draw_id,
        "ticket_id": ticket["id"],
        "account_id": ticket["account_id"],
        "serial": serial,
        "prize_minor": prize_minor,
        "state": WinningState.UNPAID,
        "payout_id": None,
        "tax_minor": 0,
        "paid_at": None,
    }
