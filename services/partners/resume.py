"""Giving a suspended partner its rights back."""

from uuid import UUID

from models.kinds import EventKind, PartnerStatus
from services.actors import Actor
from services.house import House
from services.ledger.command import Answered
from services.partners.status import change_status


async def resume_partner(
    house: House, actor: Actor, key: str, partner_id: UUID, reason: str | None = None
) -> Answered:
    """Let a suspended partner act again. Resuming an active one changes nothing, tells nobody.

    Returns:
        ``partner`` (its row).

    Raises:
        NotAllowed: The caller may not manage partners.
        Refused: ``NOT_FOUND``.
    """
    return await change_status(
        house,
        actor,
        "resumePartner",
        key,
        partner_id,
        PartnerStatus.ACTIVE,
        EventKind.PARTNER_RESUMED,
        reason,
    )
