"""What types may ask of the context they are resolved in; ``resolvers/`` keeps these promises.

Everything a caller may not see is answered as if it did not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from strawberry.types import Info as StrawberryInfo

from graphql_schema.messages import Language
from graphql_schema.reading import Reading
from graphql_schema.relay import NodeKind, Page
from models.engines import Row
from models.kinds import AuditOutcome, TransactionState, TransactionType
from services.accounts.profiles import ShownProfile


@dataclass(frozen=True, slots=True)
class TransactionCriteria:
    """Which transactions of an account are asked for. Amounts are compared without their sign."""

    types: Sequence[TransactionType] = ()
    states: Sequence[TransactionState] = ()
    since: datetime | None = None
    until: datetime | None = None
    minimum_minor: int | None = None
    maximum_minor: int | None = None


@dataclass(frozen=True, slots=True)
class AuditCriteria:
    """Which entries of the audit log are asked for."""

    principals: Sequence[str] | None = None
    action: str | None = None
    object_id: UUID | None = None
    outcome: AuditOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None


class Reads(Protocol):
    """Rows, limited to what the caller may see; gathered, so that a list asks once."""

    async def row(self, kind: NodeKind, row_id: UUID) -> Row | None:
        """Return the row of a node."""

    async def balance(self, wallet_id: UUID) -> Row | None:
        """Return the wallet of an account or partner, where its balance may be seen."""

    async def balance_at(self, wallet_id: UUID, at: datetime) -> int | None:
        """Return what a wallet held at a moment of the past, where its balance may be seen."""

    async def profile(self, account_id: UUID) -> ShownProfile | None:
        """Return who holds an account, masked, where that may be seen."""

    async def currency_of_account(self, account_id: UUID) -> str:
        """Return an account's currency, which is no secret."""

    async def tickets(self, purchase_id: UUID) -> list[Row]:
        """Return the tickets that a purchase paid for."""

    async def winning(self, ticket_id: UUID) -> Row | None:
        """Return what a ticket won."""

    async def accounts(self, customer_id: UUID) -> list[Row]:
        """Return a customer's accounts: at most one for each currency."""

    async def blocks(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's blocks, newest first, and one more than the page has."""

    async def self_limits(self, account_id: UUID) -> list[Row]:
        """Return an account's limits as they hold now, each with its ``used_minor``."""

    async def excluded_until(self, account_id: UUID) -> datetime | None:
        """Return until when an account's holder is excluded, where they are."""

    async def cards(self, customer_id: UUID) -> list[Row]:
        """Return a customer's bound cards."""

    async def withdrawals(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's withdrawals, newest first, and one more than the page has."""

    async def transactions(
        self, account_id: UUID, page: Page[int], criteria: TransactionCriteria
    ) -> list[Row]:
        """Return an account's transactions, newest first, and one more than the page has."""

    async def payouts(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's winning tickets, newest first, and one more than the page has."""

    async def mandates(self, account_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return an account's mandates, newest first, and one more than the page has."""

    async def winning_tickets(self, draw_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return a draw's winning tickets, oldest first, and one more than the page has."""

    async def dead_letters(self, webhook_id: UUID, page: Page[UUID]) -> list[Row]:
        """Return what was set aside, newest first, and one more than the page has."""

    async def waiting_since(self, webhook: Row) -> datetime | None:
        """Return when the event happened that a webhook is told next."""

    async def roles_of(self, member_id: UUID) -> list[Row]:
        """Return the roles that a member of the staff holds."""

    async def parameter_changes(self, name: str, page: Page[int]) -> list[Row]:
        """Return the values a parameter was given, newest first, and one more than the page has."""

    async def any_row(self, row_id: UUID) -> tuple[NodeKind, Row] | None:
        """Return the node that has this id, whatever it is."""

    def today(self) -> date:
        """Return the business day."""


class Port(Protocol):
    """The context of one operation, as types know it."""

    @property
    def language(self) -> Language:
        """The language of messages."""

    @property
    def credential_id(self) -> UUID | None:
        """The session or API key that the caller asks with."""

    @property
    def reading(self) -> Reading:
        """Reads inputs."""

    @property
    def reads(self) -> Reads:
        """Reads rows."""

    @property
    def sees_customers_balances(self) -> bool:
        """Whether the caller may know what a customer's account holds, if the account is seen."""


Info = StrawberryInfo[Port, None]
