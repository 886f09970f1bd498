"""Partners: the systems that sell and draw."""

from typing import ClassVar

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.money import Money, money
from graphql_schema.port import Info
from graphql_schema.relay import Node, NodeKind, uuid_of
from graphql_schema.scalars import Moment, moment
from models.kinds import PartnerKind, PartnerStatus

gql_enum(
    PartnerKind,
    "What a partner is, and with it what it may do.",
    {
        "SALES_PLATFORM": "Picks tickets with players and has their accounts debited.",
        "LOTTERY_CENTRE": "Draws: funds the prize pool, opens and closes draws, names the winners.",
    },
)
gql_enum(
    PartnerStatus,
    "Whether a partner may act.",
    {
        "ACTIVE": "It may.",
        "SUSPENDED": "It may only read.",
    },
)


@gql_type
class Partner(Node):
    """A system that calls Coffer with an API key."""

    KIND: ClassVar[NodeKind] = NodeKind.PARTNER

    @gql_field
    def name(self) -> str:
        """Its name, which no other partner has."""
        return str(self.row["name"])

    @gql_field
    def kind(self) -> PartnerKind:
        """What it is."""
        return PartnerKind(self.row["kind"])

    @gql_field
    def status(self) -> PartnerStatus:
        """Whether it may act."""
        return PartnerStatus(self.row["status"])

    @gql_field
    def currency(self) -> str:
        """The ISO 4217 code of its wallet."""
        return str(self.row["currency"])

    @gql_field
    def created_at(self) -> Moment:
        """When it was made a partner."""
        return moment(self.row["created_at"])

    @gql_field
    async def balance(self, info: Info) -> Money | None:
        """What its wallet holds: a platform's takings, a centre's prize pool.

        Null for callers whose balance it is not.
        """
        wallet = await info.context.reads.balance(uuid_of(self.row["id"]))
        return None if wallet is None else money(wallet["balance_minor"], wallet["currency"])


@gql_type
class PrizePool:
    """The money out of which a lottery centre's prizes are paid."""

    partner: Partner = strawberry.field(description="The lottery centre.")
    balance: Money = strawberry.field(description="What the pool holds.")
    threshold: Money = strawberry.field(
        description="Below this an alert is raised: the parameter PRIZE_POOL_THRESHOLD_MINOR."
    )
