"""A player lets a sales platform debit the account, within limits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.kinds import EventKind, PartnerKind
from services.accounts.ownership import own_account
from services.actors import Actor, not_found
from services.allowances import ALLOWANCES, check_not_excluded
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.lottery.lookups import MANDATES
from services.lottery.mandates import told
from services.partners.standing import PARTNERS
from services.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class MandateGrant:
    """What a player permits: amounts in minor units of the account's currency."""

    key: str
    account_id: UUID
    partner_id: UUID
    limit_per_purchase_minor: int
    limit_per_day_minor: int
    expires_at: datetime


async def grant_mandate(house: House, actor: Actor, grant: MandateGrant) -> Answered:
    """Permit a sales platform to debit the account, in place of what was permitted before.

    What was used today stays used.

    Returns:
        ``mandate`` (its row).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND`` (account or platform), ``MANDATE_EXPIRED``,
            ``SELF_EXCLUDED``.
    """
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        own_account(books, grant.account_id, customer_id)
        check_not_excluded(books, grant.account_id)
        partner = books.one(PARTNERS, grant.partner_id)
        if partner is None or partner["kind"] != PartnerKind.SALES_PLATFORM:
            raise not_found("partnerId")
        if grant.expires_at <= books.now:
            raise Refused(RefusalCode.MANDATE_EXPIRED, "expiresAt")
        terms = {
            "limit_per_purchase_minor": grant.limit_per_purchase_minor,
            "limit_per_day_minor": grant.limit_per_day_minor,
            "granted_at": books.now,
            "expires_at": grant.expires_at,
            "revoked_at": None,
        }
        mandate = books.one(MANDATES, grant.account_id, grant.partner_id)
        if mandate is None:
            mandate = {
                "id": books.new_id(),
                "account_id": grant.account_id,
                "partner_id": grant.partner_id,
                "used_on": house.business_day(books.now),
                "used_minor": 0,
                **terms,
            }
            books.insert(MANDATES.table, mandate)
        else:
            books.update(MANDATES.table, mandate["id"], **terms)
            mandate |= terms
        return told(books, EventKind.MANDATE_GRANTED, customer_id, mandate)

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "grantMandate", grant.key, grant),
            decide=decide,
            wallets=(grant.account_id,),
            facts=(
                Fact(MANDATES, (grant.account_id, grant.partner_id)),
                Fact(PARTNERS, (grant.partner_id,)),
                Fact(ALLOWANCES, (grant.account_id,)),
            ),
        )
    )
