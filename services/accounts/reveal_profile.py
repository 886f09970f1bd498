"""Showing a holder's personal data unmasked, to whoever has a reason and is written down."""

from uuid import UUID

from models import Profile
from models.kinds import Permission
from services import audit
from services.accounts.profiles import OpenProfile, opened_profile
from services.actors import Actor, not_found
from services.house import House
from services.refusals import RefusalCode, Refused
from services.vault import CannotOpen

ACTION = "revealProfile"


async def reveal_profile(house: House, actor: Actor, account_id: UUID, reason: str) -> OpenProfile:
    """Return who holds an account, in the clear, as an operator.

    It goes past the desk, since an answer that is kept would keep what it shows. The audit log has
    it before the caller has anything.

    Raises:
        NotAllowed: The caller may not see personal data.
        Refused: ``NOT_FOUND``, ``UNREADABLE`` (a data key is missing).
    """
    actor.require(Permission.SEE_PERSONAL_DATA)

    async def write_down(refused: RefusalCode | None = None) -> None:
        await audit.record(
            house.clock,
            house.new_id,
            actor,
            ACTION,
            object_id=account_id,
            refused=refused,
            reason=reason,
        )

    profiles = await Profile.filter(id=account_id).values()
    if not profiles:
        await write_down(RefusalCode.NOT_FOUND)
        raise not_found("accountId")
    try:
        opened = opened_profile(house.vault, profiles[0])
    except CannotOpen:
        await write_down(RefusalCode.UNREADABLE)
        raise Refused(RefusalCode.UNREADABLE, "accountId") from None
    await write_down()
    return opened
