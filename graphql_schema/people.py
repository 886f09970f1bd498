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
    async def accounts(self, info: Info) -> list[Account]:
        """Their accounts, at most one for each currency."""
        rows = await info.context.reads.accounts(uuid_of(self.row["id"]))
        return [Account(row=row) for row in rows]

    @gql_field
    async def cards(self, info: Info) -> list[BankCard]:
        """Their bound bank cards, at most 5, in the order they were bound."""
        rows = await info.context.reads.cards(uuid_of(self.row["id"]))
        return [BankCard(row=row) for row in rows]


Viewer = Annotated[
    Customer | Partner | StaffMember,
    strawberry.union(
        "Viewer",
        description="Who asks: a customer, a partner's system, or a person of the house.",
    ),
]
