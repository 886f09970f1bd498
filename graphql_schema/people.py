"""Customers."""

from typing import Annotated, ClassVar

import strawberry

from graphql_schema.accounts import Account
from graphql_schema.banking import BankCard
from graphql_schema.describe import gql_field, gql_type
from graphql_schema.partners import Partner
from graphql_schema.port import Info
from graphql_schema.relay import Node, NodeKind, uuid_of
from graphql_schema.scalars import Moment, moment
from graphql_schema.staff import StaffMember


@gql_type
class Customer(Node):
    """A person who has signed up."""

    KIND: ClassVar[NodeKind] = NodeKind.CUSTOMER

    @gql_field
    def email(self) -> str:
        """The e-mail address to sign in with."""
        return str(self.row["email"])

    @gql_field
    def signed_up_at(self) -> Moment:
        """When they signed up."""
        return moment(self.row["signed_up_at"])

    @gql_field
    def email_verified(self) -> bool:
        """Whether they have proved that the address is theirs: then a password can be reset."""
        return self.row.get("email_verified_at") is not None

    @gql_field
    async def accounts(self, info: Info) -> list[Account]:
        """Their accounts, at most one for each currency."""
        rows = await info.context.reads.accounts(uuid_of(self.row["id"]))
        return [Account(row=row) for row in rows]

    @gql_field
    async def cards(self, info: Info) -> list[BankCard]:
        """Their bound bank cards, at most 5, in the order they were bound."""
        rows = await info.context.reads.cards(uuid_of(self.row["id"]))
        return [BankCard(row=row) for row in rows]


@gql_type
class Session(Node):
    """A sign-in of yours. A refresh token goes on with it until it ends or expires."""

    KIND: ClassVar[NodeKind] = NodeKind.SESSION

    @gql_field
    def started_at(self) -> Moment:
        """When you signed in."""
        return moment(self.row["started_at"])

    @gql_field
    def last_used_at(self) -> Moment:
        """When it was refreshed last: it may have been used a quarter of an hour longer."""
        return moment(self.row["last_used_at"])

    @gql_field
    def expires_at(self) -> Moment:
        """When it is over, unless it is refreshed before."""
        return moment(self.row["expires_at"])

    @gql_field
    def network(self) -> str | None:
        """The network that it was refreshed from last, not the whole address."""
        return _text(self.row["network"])

    @gql_field
    def user_agent(self) -> str | None:
        """What the client called itself: it may say anything."""
        return _text(self.row["user_agent"])

    @gql_field
    def is_current(self, info: Info) -> bool:
        """Whether it is the one that you ask with."""
        return info.context.credential_id == uuid_of(self.row["id"])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


Viewer = Annotated[
    Customer | Partner | StaffMember,
    strawberry.union(
        "Viewer",
        description="Who asks: a customer, a partner's system, or a person of the house.",
    ),
]
