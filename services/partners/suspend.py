"""Taking a partner's rights away for a while."""

from uuid import UUID

from models.kinds import EventKind, PartnerStatus
from services.actors import Actor
from services.house import House
from services.ledger.command import Answered
from services.partners.status import change_status


async def suspend_partner(
    house: House, actor: Actor, key: str, partner_id: UUID, reason: str | None = None
) -> Answered:
    """Suspend a partner: from now on it begins nothing new.

    A platform sells no ticket, a centre opens no draw and names no winner. What
    began before may be brought to its end, because that serves the players: a platform may confirm
    and refund what it sold, a centre may fund its pool and close its draws, and prizes are paid
    from its pool.

    Suspending a suspended partner changes nothing and tells nobody.

    Returns:
        ``partner`` (its row).

    Raises:
        NotAllowed: The caller may not manage partners.
        Refused: ``NOT_FOUND``.
    """
    return await change_status(
        house,
        actor,
        "suspendPartner",
        key,
        partner_id,
        PartnerStatus.SUSPENDED,
        EventKind.PARTNER_SUSPENDED,
        reason,
    )
