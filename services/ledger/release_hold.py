"""Giving held money free again, a part of it or all."""

from dataclasses import dataclass
from uuid import UUID

from models.kinds import HoldState, Permission
from services.actors import Actor
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.ledger.holds import HOLDS, check_part, held_wallet, placed
from services.ledger.means import Means


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """How much of a hold is given free, in minor units above zero: all that is left, if None."""

    key: str
    hold_id: UUID
    amount_minor: int | None = None


async def release_hold(house: Means, actor: Actor, order: ReleaseHold) -> Answered:
    """Give money of a hold back to its wallet's holder, as the house or an operator.

    Returns:
        ``hold`` (its row), ``available_minor`` of the wallet.

    Raises:
        NotAllowed: The caller may not order entries.
        Refused: ``NOT_FOUND``, ``HOLD_ENDED``, ``INSUFFICIENT_FUNDS`` (the hold holds less).
    """
    actor.require(Permission.ORDER_ENTRIES)
    wallet_id = await held_wallet(order.hold_id)

    def decide(books: Books) -> Body:
        hold = placed(books, order.hold_id)
        amount_minor = hold["remaining_minor"] if order.amount_minor is None else order.amount_minor
        check_part(books, hold, amount_minor)
        hold = books.let_go(hold, amount_minor, HoldState.RELEASED)
        return {"hold": hold, "available_minor": books.wallet(wallet_id).available_minor}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "releaseHold", order.key, order),
            decide=decide,
            wallets=(wallet_id,),
            facts=(Fact(HOLDS, (order.hold_id,)),),
            audit=Audit(wallet_id) if actor.is_of_the_house else None,
        )
    )
