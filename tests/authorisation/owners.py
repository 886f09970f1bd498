"""Whose a thing is: everybody who has to do with it, by its global id."""

from collections.abc import Mapping
from uuid import UUID

from tortoise.models import Model

from graphql_schema.relay import NodeKind
from models import (
    Account,
    ApiKey,
    AuditEntry,
    BankCard,
    Customer,
    DeadLetter,
    Deposit,
    Draw,
    Mandate,
    Partner,
    PayoutRun,
    Role,
    Session,
    StaffMember,
    SuspenseItem,
    Ticket,
    Transaction,
    Webhook,
    WinningTicket,
    Withdrawal,
)
from models.engines import Row
from tests.resolvers.asking import gid

MODELS: Mapping[NodeKind, type[Model]] = {
    NodeKind.ACCOUNT: Account,
    NodeKind.API_KEY: ApiKey,
    NodeKind.AUDIT_ENTRY: AuditEntry,
    NodeKind.BANK_CARD: BankCard,
    NodeKind.CUSTOMER: Customer,
    NodeKind.DEAD_LETTER: DeadLetter,
    NodeKind.DEPOSIT: Deposit,
    NodeKind.DRAW: Draw,
    NodeKind.MANDATE: Mandate,
    NodeKind.PARTNER: Partner,
    NodeKind.PAYOUT_RUN: PayoutRun,
    NodeKind.ROLE: Role,
    NodeKind.SESSION: Session,
    NodeKind.STAFF_MEMBER: StaffMember,
    NodeKind.SUSPENSE_ITEM: SuspenseItem,
    NodeKind.TICKET: Ticket,
    NodeKind.TRANSACTION: Transaction,
    NodeKind.WEBHOOK: Webhook,
    NodeKind.WINNING_TICKET: WinningTicket,
    NodeKind.WITHDRAWAL: Withdrawal,
}

OF_THE_HOUSE = {NodeKind.AUDIT_ENTRY, NodeKind.ROLE, NodeKind.SUSPENSE_ITEM}
"""What is nobody's own."""

PEOPLE = {NodeKind.CUSTOMER, NodeKind.PARTNER, NodeKind.STAFF_MEMBER}
"""What is its own."""

LEADS = {
    "account_id": NodeKind.ACCOUNT,
    "draw_id": NodeKind.DRAW,
    "purchase_id": NodeKind.TRANSACTION,
    "webhook_id": NodeKind.WEBHOOK,
}
"""Columns that lead to something whose owners are owners of this, too."""

NAMES = ("customer_id", "partner_id", "centre_id", "person_id")
"""Columns that name an owner."""

Owners = Mapping[str, frozenset[UUID]]


async def owners() -> Owners:
    """Return the owners of every node there is.

    A winning ticket is the customer's and the centre's; of the platform that sold it, it is not.
    """
    rows = {kind: await model.all().values() for kind, model in MODELS.items()}
    by_id = {(kind, row["id"]): row for kind in rows for row in rows[kind]}

    def of(kind: NodeKind, row: Row) -> frozenset[UUID]:
        if kind in OF_THE_HOUSE:
            return frozenset()
        if kind in PEOPLE:
            return frozenset({row["id"]})
        named = frozenset(row[name] for name in NAMES if row.get(name) is not None)
        led = (
            of(lead, by_id[lead, row[name]])
            for name, lead in LEADS.items()
            if row.get(name) is not None
        )
        return named.union(*led)

    return {gid(kind, row_id): of(kind, row) for (kind, row_id), row in by_id.items()}
