"""Who may see which wallet."""

from uuid import UUID

from models import Wallet
from models.kinds import Permission
from services.actors import Actor, not_found


async def visible_wallet(actor: Actor, wallet_id: UUID) -> Wallet:
    """Return a wallet that the caller may see: one's own, or any for who sees the ledger.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    wallet = await Wallet.get_or_none(id=wallet_id)
    keeper = actor.may(Permission.SEE_LEDGER)
    if wallet is None or not (keeper or (actor.id is not None and wallet.owner_id == actor.id)):
        raise not_found("walletId")
    return wallet
