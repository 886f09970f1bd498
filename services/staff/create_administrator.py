"""The first administrator, whom whoever has the machine makes; and supervisors, likewise."""

from models.kinds import StaffKind
from models.staff import ADMINISTRATOR_ROLE_ID
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.staff.invite import Invitation, Invited, enrol
from services.staff.register import is_administered

REASON = "by the command line"


class AdministeredAlreadyError(Exception):
    """Somebody is active who may manage the staff, and can invite others."""


async def create_administrator(
    house: House, name: str, email: str, *, another: bool = False
) -> Invited:
    """Invite somebody who may do everything, on the command line's behalf.

    Args:
        house: The means.
        name: Theirs.
        email: Theirs.
        another: Whether they are wanted beside those who may manage the staff already.

    Raises:
        AdministeredAlreadyError: There is an active administrator, and no other was asked for.
        Refused: ``EMAIL_TAKEN``.
    """

    def check(books: Books) -> None:
        if is_administered(books) and not another:
            raise AdministeredAlreadyError

    roles = (ADMINISTRATOR_ROLE_ID,)
    invitation = Invitation(str(house.new_id()), StaffKind.OPERATOR, name, email, roles, REASON)
    return await enrol(house, SYSTEM, "createAdministrator", invitation, check)


async def create_supervisor(house: House, name: str, email: str) -> Invited:
    """Invite a supervisor, on the command line's behalf.

    Raises:
        Refused: ``EMAIL_TAKEN``.
    """
    invitation = Invitation(str(house.new_id()), StaffKind.SUPERVISOR, name, email, (), REASON)
    return await enrol(house, SYSTEM, "createSupervisor", invitation, lambda _: None)
