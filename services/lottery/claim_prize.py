"""A player asks for the prize of a ticket (L22)."""

from dataclasses import dataclass
from uuid import UUID

from services.actors import Actor
from services.house import House
from services.ledger.command import Answered, Key
from services.lottery.prizes import PrizeOrder, PrizeTerms, find_draw, prize_payment


@dataclass(frozen=True, slots=True)
class ClaimPrize:
    """Which ticket won; the prize is what the centre says."""

    key: str
    account_id: UUID
    draw_id: UUID
    serial: str


async def claim_prize(house: House, actor: Actor, claim: ClaimPrize) -> Answered:
    """Pay the prize of a verified winning ticket into its player's own account, once, unexpired.

    Returns:
        ``transaction``, ``winning_ticket`` (their rows), ``available_minor`` of the account.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND`` (draw, account), ``DRAW_NOT_PUBLISHED``, ``NOT_WINNING_TICKET``,
            ``PAID_ALREADY`` (with the paying ``transaction_id``), ``PRIZE_EXPIRED``,
            ``INSUFFICIENT_FUNDS`` (the pool).
    """
    customer_id = actor.customer_id()
    draw = await find_draw(claim.draw_id)
    prize = PrizeOrder(claim.account_id, claim.serial, customer_id=customer_id)
    key = Key.of(actor.principal, "claimPrize", claim.key, claim)
    terms = await PrizeTerms.in_force(house.parameters)
    return await house.desk.submit(prize_payment(terms, draw, prize, key))
