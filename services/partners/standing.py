"""Whether a partner may act, decided under its wallet's lock, which suspending it needs too."""

from uuid import UUID

from models import Partner
from models.engines import Lookup
from models.kinds import PartnerStatus
from services.ledger.books import Books
from services.refusals import RefusalCode, Refused

PARTNERS = Lookup.of(Partner)


def check_active(books: Books, partner_id: UUID) -> None:
    """Say no to a partner that is suspended, or that is none.

    Raises:
        Refused: ``PARTNER_SUSPENDED``.
    """
    partner = books.one(PARTNERS, partner_id)
    if partner is None or partner["status"] != PartnerStatus.ACTIVE:
        raise Refused(RefusalCode.PARTNER_SUSPENDED)
