"""Whether a partner may act, decided under the lock that suspending it needs too."""

from uuid import UUID

from models import Partner
from models.engines import Lookup
from models.kinds import PartnerStatus
from services.ledger.books import Books
from services.ledger.command import RowLock
from services.refusals import RefusalCode, Refused

PARTNERS = Lookup.of(Partner)


def standing(partner_id: UUID) -> RowLock:
    """Return the lock under which ``check_active`` holds; others may share it.

    A command that locks the partner's own wallet may declare the partner as a fact instead.
    """
    return RowLock(PARTNERS.table, partner_id)


def check_active(books: Books, partner_id: UUID) -> None:
    """Say no to a partner that is suspended, or that is none.

    Raises:
        Refused: ``PARTNER_SUSPENDED``.
    """
    partner = books.one(PARTNERS, partner_id)
    if partner is None or partner["status"] != PartnerStatus.ACTIVE:
        raise Refused(RefusalCode.PARTNER_SUSPENDED)
