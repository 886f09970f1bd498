"""Setting money of a wallet aside, so that nobody else can spend it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.kinds import Permission
from services.actors import Actor, not_found
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Key
from services.ledger.means import Means
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """How much of which wallet, in minor units above zero, and until when (for ever, if None)."""

    key: str
    wallet_id: UUID
    amount_minor: int
    currency: str
    expires_at: datetime | None = None


async def place_hold(house: Means, actor: Actor, order: PlaceHold) -> Answered:
    """Hold money on a wallet, as the house or an operator.

    Returns:
        ``hold`` (its row), ``available_minor`` of the wallet.

    Raises:
        NotAllowed: The caller may not order entries.
        Refused: ``NOT_FOUND``, ``CURRENCY_MISMATCH``, ``HOLD_ENDED`` (it would be over at once),
            ``ACCOUNT_BLOCKED``, ``INSUFFICIENT_FUNDS``.
    """
    actor.require(Permission.ORDER_ENTRIES)

    def decide(books: Books) -> Body:
        wallet = books.wallet(order.wallet_id)
        if wallet.kind.is_asset:
            raise not_found("walletId")
        if wallet.currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "amount", "currency")
        if order.expires_at is not None and order.expires_at <= books.now:
            raise Refused(RefusalCode.HOLD_ENDED, "expiresAt")
        hold = books.hold(order.wallet_id, order.amount_minor, order.expires_at, ("amount",))
        return {"hold": hold, "available_minor": books.wallet(order.wallet_id).available_minor}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "placeHold", order.key, order),
            decide=decide,
            wallets=(order.wallet_id,),
            # The house's own holds are part of what they are placed for.
            audit=Audit(order.wallet_id) if actor.is_of_the_house else None,
        )
    )
