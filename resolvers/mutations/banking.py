"""Binding cards, taking money out, and settling what waits in suspense."""

from graphql_schema.accounts import Account, Transaction
from graphql_schema.banking import BankCard, SuspenseItem, Withdrawal
from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.banking import (
    CLOSE_ACCOUNT,
    REQUEST_WITHDRAWAL,
    AttributeSuspenseInput,
    AttributeSuspenseResult,
    AttributeSuspenseSuccess,
    BindCardInput,
    BindCardResult,
    BindCardSuccess,
    CloseAccountInput,
    CloseAccountResult,
    CloseAccountSuccess,
    RequestWithdrawalInput,
    RequestWithdrawalResult,
    RequestWithdrawalSuccess,
    SendBackSuspenseInput,
    SendBackSuspenseResult,
    SendBackSuspenseSuccess,
    UnbindCardInput,
    UnbindCardResult,
    UnbindCardSuccess,
)
from graphql_schema.reading import REASON_MAX
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from models.kinds import WalletStatus
from resolvers.bounds import CARD_NUMBER_MAX, HOLDER_NAME_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.accounts.close_account import CloseAccount
from services.accounts.close_account import close_account as close_it
from services.accounts.request_withdrawal import WithdrawalOrder
from services.accounts.request_withdrawal import request_withdrawal as request_it
from services.banking.attribute_suspense import AttributeSuspense
from services.banking.attribute_suspense import attribute_suspense as attribute
from services.banking.bind_card import BindCard
from services.banking.bind_card import bind_card as bind
from services.banking.send_back_suspense import SendBackSuspense
from services.banking.send_back_suspense import send_back_suspense as send_back
from services.banking.unbind_card import unbind_card as unbind
from services.ledger.command import Answered


@gql_mutation
async def bind_card(info: Info, given: Input[BindCardInput]) -> BindCardResult | None:
    """Bind a bank card of your own, once you have stepped up. For customers."""
    context = info.context
    reading = context.reading
    request = BindCard(
        key=reading.key(given.idempotency_key),
        number=reading.text(given.number, "number", CARD_NUMBER_MAX),
        holder_name=reading.text(given.holder_name, "holderName", HOLDER_NAME_MAX),
    )
    return await carry_out(
        context,
        bind(context.house, context.actor, request),
        lambda answered: BindCardSuccess(
            card=BankCard(row=answered.body["card"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def unbind_card(info: Info, given: Input[UnbindCardInput]) -> UnbindCardResult | None:
    """Let go of a bound card, once you have stepped up. For customers."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    card_id = context.reading.id(given.card_id, NodeKind.BANK_CARD, "cardId")
    return await carry_out(
        context,
        unbind(context.house, context.actor, key, card_id),
        lambda answered: UnbindCardSuccess(
            card=BankCard(row=answered.body["card"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def request_withdrawal(
    info: Info, given: Input[RequestWithdrawalInput]
) -> RequestWithdrawalResult | None:
    """Take money out, to your bound card, once you have stepped up. For customers."""
    context = info.context
    reading = context.reading
    amount_minor, currency = given.amount.read(reading, "amount")
    order = WithdrawalOrder(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        card_id=reading.id(given.card_id, NodeKind.BANK_CARD, "cardId"),
        amount_minor=amount_minor,
        currency=currency,
    )
    return await carry_out(
        context,
        request_it(context.house, context.actor, order),
        lambda answered: RequestWithdrawalSuccess(
            withdrawal=Withdrawal(row=answered.body["withdrawal"]),
            transaction=Transaction(row=answered.body["transaction"]),
            replayed=answered.replayed,
        ),
        REQUEST_WITHDRAWAL,
        currency=currency,
    )


@gql_mutation
async def attribute_suspense(
    info: Info, given: Input[AttributeSuspenseInput]
) -> AttributeSuspenseResult | None:
    """Put money from suspense into the account that it was meant for. For operators."""
    context = info.context
    reading = context.reading
    order = AttributeSuspense(
        key=reading.key(given.idempotency_key),
        item_id=reading.id(given.suspense_item_id, NodeKind.SUSPENSE_ITEM, "suspenseItemId"),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        reason=reading.text(given.reason, "reason", REASON_MAX),
    )
    return await carry_out(
        context,
        attribute(context.house, context.actor, order),
        lambda answered: AttributeSuspenseSuccess(
            suspense_item=SuspenseItem(row=answered.body["suspense_item"]),
            transaction=Transaction(row=answered.body["transaction"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def send_back_suspense(
    info: Info, given: Input[SendBackSuspenseInput]
) -> SendBackSuspenseResult | None:
    """Have the bank send money from suspense back to its sender. For operators."""
    context = info.context
    reading = context.reading
    order = SendBackSuspense(
        key=reading.key(given.idempotency_key),
        item_id=reading.id(given.suspense_item_id, NodeKind.SUSPENSE_ITEM, "suspenseItemId"),
        reason=reading.text(given.reason, "reason", REASON_MAX),
    )
    return await carry_out(
        context,
        send_back(context.house, context.actor, order),
        lambda answered: SendBackSuspenseSuccess(
            suspense_item=SuspenseItem(row=answered.body["suspense_item"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def close_account(info: Info, given: Input[CloseAccountInput]) -> CloseAccountResult | None:
    """Close your account, once you have stepped up: what is left goes to your card. For customers.

    Its history can be read as before, and you may open another account when it is closed.
    """
    context = info.context
    reading = context.reading
    card_id = given.card_id
    request = CloseAccount(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        card_id=None if card_id is None else reading.id(card_id, NodeKind.BANK_CARD, "cardId"),
    )

    def success(answered: Answered) -> CloseAccountSuccess:
        withdrawal = answered.body["withdrawal"]
        return CloseAccountSuccess(
            account=Account(row=answered.body["account"]),
            status=WalletStatus(answered.body["status"]),
            withdrawal=None if withdrawal is None else Withdrawal(row=withdrawal),
            replayed=answered.replayed,
        )

    work = close_it(context.house, context.actor, request)
    return await carry_out(context, work, success, CLOSE_ACCOUNT)


MUTATIONS = [
    bind_card,
    unbind_card,
    request_withdrawal,
    close_account,
    attribute_suspense,
    send_back_suspense,
]
