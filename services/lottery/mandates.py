"""A player's standing permission for a sales platform to debit the account."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from models import Mandate, Partner
from models.engines import Lookup, Row
from models.kinds import EventKind, PartnerKind, WalletKind
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.notifications import audiences
from services.refusals import RefusalCode, Refused

MANDATES = Lookup.of(Mandate, "account_id", "partner_id")
PARTNERS = Lookup.of(Partner)


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

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND`` (account or platform), ``MANDATE_EXPIRED``.
    """
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        _own_account(books, grant.account_id, customer_id)
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
        return _told(books, EventKind.MANDATE_GRANTED, customer_id, mandate)

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "grantMandate", grant.key, asdict(grant)),
            decide=decide,
            wallets=(grant.account_id,),
            facts=(
                Fact(MANDATES, (grant.account_id, grant.partner_id)),
                Fact(PARTNERS, (grant.partner_id,)),
            ),
        )
    )


async def revoke_mandate(
    house: House, actor: Actor, key: str, account_id: UUID, partner_id: UUID
) -> Answered:
    """Take a permission back: no purchase decided after this uses it.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``NOT_FOUND`` (account), ``MANDATE_MISSING``.
    """
    customer_id = actor.customer_id()

    def decide(books: Books) -> Body:
        _own_account(books, account_id, customer_id)
        mandate = books.one(MANDATES, account_id, partner_id)
        if mandate is None or mandate["revoked_at"] is not None:
            raise Refused(RefusalCode.MANDATE_MISSING, "partnerId")
        books.update(MANDATES.table, mandate["id"], revoked_at=books.now)
        return _told(
            books, EventKind.MANDATE_REVOKED, customer_id, mandate | {"revoked_at": books.now}
        )

    arguments = {"account_id": account_id, "partner_id": partner_id}
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "revokeMandate", key, arguments),
            decide=decide,
            wallets=(account_id,),
            facts=(Fact(MANDATES, (account_id, partner_id)),),
        )
    )


def use_mandate(books: Books, mandate: Row | None, amount_minor: int, today: date) -> None:
    """Count a purchase against a mandate.

    Raises:
        Refused: ``MANDATE_MISSING``, ``MANDATE_EXPIRED``, or ``MANDATE_LIMIT_EXCEEDED`` with what
            the mandate would still allow.
    """
    if mandate is None or mandate["revoked_at"] is not None:
        raise Refused(RefusalCode.MANDATE_MISSING, "accountId")
    if mandate["expires_at"] <= books.now:
        raise Refused(RefusalCode.MANDATE_EXPIRED, "accountId")
    used_minor = mandate["used_minor"] if mandate["used_on"] == today else 0
    allowed_minor = min(
        mandate["limit_per_purchase_minor"], mandate["limit_per_day_minor"] - used_minor
    )
    if amount_minor > allowed_minor:
        raise Refused(
            RefusalCode.MANDATE_LIMIT_EXCEEDED, "amount", allowed_minor=max(allowed_minor, 0)
        )
    books.update(MANDATES.table, mandate["id"], used_on=today, used_minor=used_minor + amount_minor)


def give_back(books: Books, mandate: Row | None, amount_minor: int, bought_on: date) -> None:
    """Uncount a refunded purchase of the same business day."""
    if mandate is not None and mandate["used_on"] == bought_on:
        left_minor = max(mandate["used_minor"] - amount_minor, 0)
        books.update(MANDATES.table, mandate["id"], used_minor=left_minor)


def _own_account(books: Books, account_id: UUID, customer_id: UUID) -> None:
    try:
        wallet = books.wallet(account_id)
    except Refused:
        raise not_found("accountId") from None
    if wallet.owner_id != customer_id or wallet.kind is not WalletKind.LOTTERY:
        raise not_found("accountId")


def _told(books: Books, kind: EventKind, customer_id: UUID, mandate: Row) -> Body:
    body = {"mandate": mandate}
    books.tell(
        kind,
        body,
        audiences.customer(customer_id),
        audiences.partner(mandate["partner_id"]),
        account_id=mandate["account_id"],
    )
    return body
