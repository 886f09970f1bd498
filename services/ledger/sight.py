"""Who may order something of the ledger itself, and who may see which wallet."""

from uuid import UUID

from models import Wallet
from models.kinds import PartnerKind
from services.actors import Actor, ActorKind, not_found


def require_keeper(actor: Actor) -> None:
    """Let pass the house itself and its operators.

    Raises:
        NotAllowed: The caller is somebody else.
    """
    if actor.kind is not ActorKind.SYSTEM:
        actor.partner_id(PartnerKind.OPERATOR)


async def visible_wallet(actor: Actor, wallet_id: UUID) -> Wallet:
    """Return a wallet that the caller may see: one's own, or any for the house and operators.

    Raises:
        Refused: ``NOT_FOUND``, for a wallet of somebody else's too.
    """
    wallet = await Wallet.get_or_none(id=wallet_id)
    keeper = actor.kind is ActorKind.SYSTEM or actor.is_operator
    if wallet is None or not (keeper or (actor.id is not None and wallet.owner_id == actor.id)):
        raise not_found("walletId")
    return wallet
