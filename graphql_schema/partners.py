"""Partners: the systems that sell and draw."""

from typing import ClassVar

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.fetching import fetch_public
from graphql_schema.money import Money, money
from graphql_schema.port import Info
from graphql_schema.relay import Node, NodeKind, encode, uuid_of
from graphql_schema.scalars import Moment, moment, moment_or_none
from models.kinds import ApiKeyScope, PartnerKind, PartnerStatus
from services.partners.keys import scopes_in

gql_enum(
    PartnerKind,
    "What a partner is, and with it what it may do.",
    {
        "SALES_PLATFORM": "Picks tickets with players and has their accounts debited.",
        "LOTTERY_CENTRE": "Draws: funds the prize pool, opens and closes draws, names the winners.",
    },
)
gql_enum(
    ApiKeyScope,
    "What an API key may do, within what its partner may do.",
    {
        "READ": "Ask queries.",
        "SUBSCRIBE": "Follow the feed, live or page by page.",
        "SELL": "Purchase, confirm and refund tickets. For sales platforms.",
        "DRAW": "Open and close draws, and name their winners. For lottery centres.",
        "FUND": "Put money into the prize pool. For lottery centres.",
        "MANAGE_KEYS": "List, make, rotate and revoke the partner's API keys.",
        "MANAGE_WEBHOOKS": "List and manage the partner's webhooks.",
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
class ApiKey(Node):
    """What a partner's system calls with. The secret itself is shown once, when it is made."""

    KIND: ClassVar[NodeKind] = NodeKind.API_KEY

    @gql_field
    def name(self) -> str:
        """What it is called."""
        return str(self.row["name"])

    @gql_field
    def prefix(self) -> str:
        """How the secret begins, to recognise it by."""
        return str(self.row["prefix"])

    @gql_field
    def scopes(self) -> list[ApiKeyScope]:
        """What it may do, within what the partner may do."""
        return sorted(scopes_in(str(self.row["scopes"])))

    @gql_field
    def partner_id(self) -> strawberry.ID:
        """The partner whose key it is."""
        return encode(NodeKind.PARTNER, self.row["partner_id"])

    @gql_field
    async def partner(self, info: Info) -> Partner:
        """The partner whose key it is."""
        return await fetch_public(info.context, Partner, self.row["partner_id"])

    @gql_field
    def created_at(self) -> Moment:
        """When it was made."""
        return moment(self.row["created_at"])

    @gql_field
    def expires_at(self) -> Moment:
        """From when on it opens nothing."""
        return moment(self.row["expires_at"])

    @gql_field
    def last_used_at(self) -> Moment | None:
        """When it was last used, up to five minutes back; null when it never was."""
        return moment_or_none(self.row["last_used_at"])

    @gql_field
    def revoked_at(self) -> Moment | None:
        """When it was revoked; null when it was not."""
        return moment_or_none(self.row["revoked_at"])

    @gql_field
    def replaced_by_id(self) -> strawberry.ID | None:
        """The key that follows it; null when none was made."""
        successor_id = self.row["replaced_by_id"]
        return None if successor_id is None else encode(NodeKind.API_KEY, successor_id)


@gql_type
class PrizePool:
    """The money out of which a lottery centre's prizes are paid."""

    partner: Partner = strawberry.field(description="The lottery centre.")
    balance: Money = strawberry.field(description="What the pool holds.")
    threshold: Money = strawberry.field(
        description="Below this an alert is raised: the parameter PRIZE_POOL_THRESHOLD_MINOR."
    )
