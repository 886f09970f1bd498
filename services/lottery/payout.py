"""The entrusted operator pays one winning ticket (L22)."""

from dataclasses import dataclass, replace
from uuid import UUID

from models.kinds import Permission
from services.actors import Actor
from services.house import House
from services.ledger.command import Answered, Audit, Key
from services.lottery.prizes import PrizeOrder, PrizeTerms, find_draw, prize_payment
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Which ticket is paid, to which account, and what its prize is before tax."""

    key: str
    account_id: UUID
    draw_id: UUID
    serial: str
    amount_minor: int
    currency: str


async def payout(house: House, actor: Actor, order: PayoutOrder) -> Answered:
    """Pay a verified winning ticket of the account, once, unexpired, for its amount.

    Returns:
        ``transaction``, ``winning_ticket`` (their rows), ``available_minor`` of the account.

    Raises:
        NotAllowed: The caller may not pay prizes.
        Refused: ``NOT_FOUND`` (draw, account), ``CURRENCY_MISMATCH``, ``DRAW_NOT_PUBLISHED``,
            ``NOT_WINNING_TICKET``, ``AMOUNT_MISMATCH``, ``PAID_ALREADY`` (with the paying
            ``transaction_id``), ``PRIZE_EXPIRED``, ``INSUFFICIENT_FUNDS`` (the pool).
    """
    actor.require(Permission.PAY_PRIZES)
    draw = await find_draw(order.draw_id)
    if draw.currency != order.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
    prize = PrizeOrder(
        account_id=order.account_id,
        serial=order.serial,
        amount_minor=order.amount_minor,
    )
    key = Key.of(actor.principal, "payout", order.key, order)
    terms = await PrizeTerms.in_force(house.parameters)
    command = prize_payment(terms, draw, prize, key)
    return await house.desk.submit(replace(command, audit=Audit(order.account_id)))
