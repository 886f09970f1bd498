"""Funding the prize pool; suspending partners."""

from graphql_schema.describe import gql_mutation
from graphql_schema.money import money
from graphql_schema.mutations.partners import (
    FUND_PRIZE_POOL,
    FundPrizePoolInput,
    FundPrizePoolResult,
    FundPrizePoolSuccess,
    ResumePartnerInput,
    ResumePartnerResult,
    ResumePartnerSuccess,
    SuspendPartnerInput,
    SuspendPartnerResult,
    SuspendPartnerSuccess,
)
from graphql_schema.partners import Partner
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from models.kinds import DepositState
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.lottery.fund_pool import FundPool, fund_pool
from services.partners.resume import resume_partner as resume
from services.partners.suspend import suspend_partner as suspend


@gql_mutation
async def fund_prize_pool(
    info: Info, given: Input[FundPrizePoolInput]
) -> FundPrizePoolResult | None:
    """Put money into your prize pool, through the bank. For lottery centres."""
    context = info.context
    amount_minor, currency = given.amount.read(context.reading, "amount")
    key = context.reading.key(given.idempotency_key)
    return await carry_out(
        context,
        fund_pool(context.house, context.actor, FundPool(key, amount_minor, currency)),
        lambda answered: FundPrizePoolSuccess(
            state=DepositState(answered.body["pool_funding"]["state"]),
            balance=money(answered.body["balance_minor"], currency),
            replayed=answered.replayed,
        ),
        FUND_PRIZE_POOL,
    )


@gql_mutation
async def suspend_partner(
    info: Info, given: Input[SuspendPartnerInput]
) -> SuspendPartnerResult | None:
    """Keep a partner from beginning anything new; what it began may end. For operators."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    partner_id = context.reading.id(given.partner_id, NodeKind.PARTNER, "partnerId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        suspend(context.house, context.actor, key, partner_id, reason),
        lambda answered: SuspendPartnerSuccess(
            partner=Partner(row=answered.body["partner"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def resume_partner(
    info: Info, given: Input[ResumePartnerInput]
) -> ResumePartnerResult | None:
    """Let a suspended partner act again. For operators."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    partner_id = context.reading.id(given.partner_id, NodeKind.PARTNER, "partnerId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        resume(context.house, context.actor, key, partner_id, reason),
        lambda answered: ResumePartnerSuccess(
            partner=Partner(row=answered.body["partner"]), replayed=answered.replayed
        ),
        PLAIN,
    )


MUTATIONS = [fund_prize_pool, suspend_partner, resume_partner]
