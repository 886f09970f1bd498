"""Lifting a freeze."""

from uuid import UUID

from models.kinds import WalletStatus
from services.accounts.freeze import set_status
from services.actors import Actor
from services.house import House
from services.ledger.command import Answered


async def unfreeze_account(
    house: House, actor: Actor, key: str, account_id: UUID, reason: str | None = None
) -> Answered:
    """Let money leave an account again, as an operator; see ``freeze_account``."""
    status = WalletStatus.ACTIVE
    return await set_status(house, actor, "unfreezeAccount", key, account_id, status, reason)
