"""Bank cards, withdrawals, and money that arrived for nobody."""

from typing import TYPE_CHECKING, Annotated, ClassVar, cast

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.fetching import fetch, fetch_kind
from graphql_schema.money import Money, money
from graphql_schema.port import Info
from graphql_schema.relay import Node, NodeKind
from graphql_schema.scalars import Moment, moment, moment_or_none
from models.kinds import SuspenseState, WithdrawalState

if TYPE_CHECKING:
    from graphql_schema.accounts import Account, Transaction

LazyAccount = Annotated["Account", strawberry.lazy("graphql_schema.accounts")]
LazyTransaction = Annotated["Transaction", strawberry.lazy("graphql_schema.accounts")]

gql_enum(
    WithdrawalState,
    "How far a withdrawal has come.",
    {
        "REQUESTED": "The money has left the account and is on its way through the bank.",
        "SETTLED": "The bank has paid it to the card.",
        "REFUSED": "The bank did not pay it: the money came back.",
        "RETURNED": "The bank had paid it, and it came back, at times days later.",
    },
)
gql_enum(
    SuspenseState,
    "What became of money that arrived for nobody.",
    {
        "HELD": "It waits for an operator to say whose it is.",
        "ATTRIBUTED": "It was put into the account that it was meant for.",
        "SENDING_BACK": "It is on its way back to its sender.",
        "SENT_BACK": "It went back to its sender.",
    },
)


@gql_type
class BankCard(Node):
    """A bank card of a customer's own. Nothing but the end of its number is ever shown."""

    KIND: ClassVar[NodeKind] = NodeKind.BANK_CARD

    @gql_field
    def last_four(self) -> str:
        """The last four digits of its number."""
        return str(self.row["last_four"])

    @gql_field
    def bound_at(self) -> Moment:
        """When it was bound."""
        return moment(self.row["bound_at"])

    @gql_field
    def unbound_at(self) -> Moment | None:
        """When it was let go; null while it is bound."""
        return moment_or_none(self.row["unbound_at"])


@gql_type
class Withdrawal(Node):
    """Money on its way from an account to its holder's bank card. Once sent, it is not recalled."""

    KIND: ClassVar[NodeKind] = NodeKind.WITHDRAWAL

    @gql_field
    def amount(self) -> Money:
        """How much."""
        return money(self.row["amount_minor"], self.row["currency"])

    @gql_field
    def state(self) -> WithdrawalState:
        """How far it has come."""
        return WithdrawalState(self.row["state"])

    @gql_field
    def reason(self) -> str | None:
        """Why it came back, in the bank's words."""
        reason: str | None = self.row["reason"]
        return reason

    @gql_field
    def requested_at(self) -> Moment:
        """When it was asked for."""
        return moment(self.row["requested_at"])

    @gql_field
    def settled_at(self) -> Moment | None:
        """When we learned that the bank had paid it; null until then."""
        return moment_or_none(self.row["settled_at"])

    @gql_field
    def returned_at(self) -> Moment | None:
        """When the money came back; null unless it did."""
        return moment_or_none(self.row["returned_at"])

    @gql_field
    async def card(self, info: Info) -> BankCard | None:
        """The card that it goes to."""
        return await fetch(info.context, BankCard, self.row["card_id"])

    @gql_field
    async def account(self, info: Info) -> LazyAccount | None:
        """The account that it comes from."""
        found = await fetch_kind(info.context, NodeKind.ACCOUNT, self.row["account_id"])
        return cast("Account | None", found)

    @gql_field
    async def transaction(self, info: Info) -> LazyTransaction | None:
        """The transaction that took the money out of the account."""
        found = await fetch_kind(info.context, NodeKind.TRANSACTION, self.row["transaction_id"])
        return cast("Transaction | None", found)

    @gql_field
    async def return_transaction(self, info: Info) -> LazyTransaction | None:
        """The transaction that brought it back; null unless it came back to the account."""
        found = await fetch_kind(info.context, NodeKind.TRANSACTION, self.row["return_id"])
        return cast("Transaction | None", found)


@gql_type
class SuspenseItem(Node):
    """Money that arrived at the bank for nobody that is known, or for a closed account."""

    KIND: ClassVar[NodeKind] = NodeKind.SUSPENSE_ITEM

    @gql_field
    def reference(self) -> str:
        """The bank's own reference, or the withdrawal's that came back."""
        return str(self.row["reference"])

    @gql_field
    def amount(self) -> Money:
        """How much."""
        return money(self.row["amount_minor"], self.row["currency"])

    @gql_field
    def remittance(self) -> str:
        """What its sender wrote, or why it came back."""
        return str(self.row["remittance"])

    @gql_field
    def state(self) -> SuspenseState:
        """What became of it."""
        return SuspenseState(self.row["state"])

    @gql_field
    def arrived_at(self) -> Moment:
        """When it was booked."""
        return moment(self.row["arrived_at"])

    @gql_field
    async def withdrawal(self, info: Info) -> Withdrawal | None:
        """The withdrawal that it was, where its account was closed when it came back."""
        return await fetch(info.context, Withdrawal, self.row["withdrawal_id"])

    @gql_field
    async def account(self, info: Info) -> LazyAccount | None:
        """The account that it was attributed to, where you may see it."""
        found = await fetch_kind(info.context, NodeKind.ACCOUNT, self.row["account_id"])
        return cast("Account | None", found)
