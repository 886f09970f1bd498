"""Who may see which wallet."""

from uuid import UUID

from models import Wallet
from models.kinds import ApiKeyScope, Permission, WalletKind
from services.actors import Actor, not_found

OF_CUSTOMERS = frozenset({WalletKind.LOTTERY})
"""What customers own."""


async def visible_wallet(actor: Actor, wallet_id: UUID) -> Wallet:
    """Return a wallet that the caller may see: one's own, or what a permission shows.

    Who sees the ledger sees any, who sees customers any of theirs.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    wallet = await Wallet.get_or_none(id=wallet_id)
    if wallet is None or not _sees(actor, wallet):
        raise not_found("walletId")
    return wallet


def _sees(actor: Actor, wallet: Wallet) -> bool:
    own = actor.id is not None and wallet.owner_id == actor.id
    if actor.may(Permission.SEE_LEDGER) or (own and actor.has_scope(ApiKeyScope.READ)):
        return True
    return wallet.kind in OF_CUSTOMERS and actor.may(Permission.SEE_CUSTOMERS)
