"""Funding the prize pool; suspending partners."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.money import Money, MoneyInput
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.partners import Partner
from graphql_schema.refusals import BankRefused, PlainRefusal, RefusalSet
from models.kinds import DepositState


@gql_input
class FundPrizePoolInput(KeyedInput):
    """Money that a lottery centre puts into its prize pool."""

    amount: MoneyInput = strawberry.field(description="How much, in the pool's currency.")


@gql_type
class FundPrizePoolSuccess(Success):
    """The bank was asked for the money: it is in the pool, or will be.

    Asked again with the same key, it tells how the funding stands by then.
    """

    state: DepositState = strawberry.field(description="How far the funding has come.")
    balance: Money = strawberry.field(
        description="What the pool held after it; what it holds now, until it is settled."
    )


FUND_PRIZE_POOL: RefusalSet[PlainRefusal | BankRefused] = RefusalSet((PlainRefusal, BankRefused))
FundPrizePoolResult = Annotated[
    FundPrizePoolSuccess | PlainRefusal | BankRefused,
    strawberry.union("FundPrizePoolResult", description="What became of `fundPrizePool`."),
]


@gql_input
class SuspendPartnerInput(KeyedInput):
    """A partner that shall only read."""

    partner_id: strawberry.ID = strawberry.field(description="The partner.")
    reason: str | None = strawberry.field(
        default=None, description="Why, at most 200 characters: kept in the audit log."
    )


@gql_type
class SuspendPartnerSuccess(Success):
    """The partner may only read."""

    partner: Partner = strawberry.field(description="The partner.")


SuspendPartnerResult = Annotated[
    SuspendPartnerSuccess | PlainRefusal,
    strawberry.union("SuspendPartnerResult", description="What became of `suspendPartner`."),
]


@gql_input
class ResumePartnerInput(KeyedInput):
    """A suspended partner that may act again."""

    partner_id: strawberry.ID = strawberry.field(description="The partner.")
    reason: str | None = strawberry.field(
        default=None, description="Why, at most 200 characters: kept in the audit log."
    )


@gql_type
class ResumePartnerSuccess(Success):
    """The partner may act again."""

    partner: Partner = strawberry.field(description="The partner.")


ResumePartnerResult = Annotated[
    ResumePartnerSuccess | PlainRefusal,
    strawberry.union("ResumePartnerResult", description="What became of `resumePartner`."),
]
