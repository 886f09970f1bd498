"""Opening, filling and blocking accounts."""

from graphql_schema.accounts import Account, Deposit, Transaction
from graphql_schema.describe import gql_mutation
from graphql_schema.money import money
from graphql_schema.mutations.accounts import (
    DEPOSIT,
    OPEN_ACCOUNT,
    DepositInput,
    DepositResult,
    DepositSuccess,
    FreezeAccountInput,
    FreezeAccountResult,
    FreezeAccountSuccess,
    LiftLostReportInput,
    LiftLostReportResult,
    LiftLostReportSuccess,
    OpenAccountInput,
    OpenAccountResult,
    OpenAccountSuccess,
    ReportLostInput,
    ReportLostResult,
    ReportLostSuccess,
    RevealProfileInput,
    RevealProfileResult,
    RevealProfileSuccess,
    UnfreezeAccountInput,
    UnfreezeAccountResult,
    UnfreezeAccountSuccess,
)
from graphql_schema.reading import REASON_MAX
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from models.kinds import WalletStatus
from resolvers.bounds import HOLDER_NAME_MAX, IDENTITY_NUMBER_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.accounts.deposit import DepositOrder
from services.accounts.deposit import deposit as bring_in
from services.accounts.freeze import freeze_account as freeze
from services.accounts.lift_lost_report import LiftLostReport
from services.accounts.lift_lost_report import lift_lost_report as lift_report
from services.accounts.open_account import OpenAccount
from services.accounts.open_account import open_account as open_it
from services.accounts.report_lost import report_lost as report
from services.accounts.reveal_profile import reveal_profile as reveal
from services.accounts.unfreeze import unfreeze_account as unfreeze
from services.ledger.command import Answered


@gql_mutation
async def open_account(info: Info, given: Input[OpenAccountInput]) -> OpenAccountResult | None:
    """Open your fund account in a currency. For customers."""
    context = info.context
    reading = context.reading
    request = OpenAccount(
        key=reading.key(given.idempotency_key),
        currency=reading.currency(given.currency, "currency"),
        holder_name=reading.text(given.holder_name, "holderName", HOLDER_NAME_MAX),
        phone=reading.phone(given.phone, "phone"),
        identity_kind=given.identity_kind,
        identity_number=reading.text(given.identity_number, "identityNumber", IDENTITY_NUMBER_MAX),
        birth_date=reading.date(given.birth_date, "birthDate"),
        issuing_country=given.issuing_country,
    )
    return await carry_out(
        context,
        open_it(context.house, context.actor, request),
        lambda answered: OpenAccountSuccess(
            account=Account(row=answered.body["account"]),
            available=money(answered.body["available_minor"], request.currency),
            replayed=answered.replayed,
        ),
        OPEN_ACCOUNT,
    )


@gql_mutation
async def deposit(info: Info, given: Input[DepositInput]) -> DepositResult | None:
    """Put money into your account, through the bank. For customers."""
    context = info.context
    amount_minor, currency = given.amount.read(context.reading, "amount")
    order = DepositOrder(
        key=context.reading.key(given.idempotency_key),
        account_id=context.reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        amount_minor=amount_minor,
        currency=currency,
        card_id=None
        if given.card_id is None
        else context.reading.id(given.card_id, NodeKind.BANK_CARD, "cardId"),
    )

    def success(answered: Answered) -> DepositSuccess:
        transaction = answered.body.get("transaction")
        return DepositSuccess(
            deposit=Deposit(row=answered.body["deposit"]),
            transaction=None if transaction is None else Transaction(row=transaction),
            available=None
            if transaction is None
            else money(answered.body["available_minor"], currency),
            replayed=answered.replayed,
        )

    work = bring_in(context.house, context.actor, order)
    return await carry_out(context, work, success, DEPOSIT, currency=currency)


@gql_mutation
async def freeze_account(
    info: Info, given: Input[FreezeAccountInput]
) -> FreezeAccountResult | None:
    """Freeze an account: no money leaves it. For its holder, and for operators.

    Whoever froze it lifts it.
    """
    context = info.context
    key = context.reading.key(given.idempotency_key)
    account_id = context.reading.id(given.account_id, NodeKind.ACCOUNT, "accountId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        freeze(context.house, context.actor, key, account_id, reason),
        lambda answered: FreezeAccountSuccess(
            account=Account(row=answered.body["account"]),
            status=WalletStatus(answered.body["status"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def unfreeze_account(
    info: Info, given: Input[UnfreezeAccountInput]
) -> UnfreezeAccountResult | None:
    """Lift your own freeze, as the holder who has stepped up, or the house's, as an operator."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    account_id = context.reading.id(given.account_id, NodeKind.ACCOUNT, "accountId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        unfreeze(context.house, context.actor, key, account_id, reason),
        lambda answered: UnfreezeAccountSuccess(
            account=Account(row=answered.body["account"]),
            status=WalletStatus(answered.body["status"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def report_lost(info: Info, given: Input[ReportLostInput]) -> ReportLostResult | None:
    """Report an account lost: no money leaves it. For its holder, and for operators."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    account_id = context.reading.id(given.account_id, NodeKind.ACCOUNT, "accountId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        report(context.house, context.actor, key, account_id, reason),
        lambda answered: ReportLostSuccess(
            account=Account(row=answered.body["account"]),
            status=WalletStatus(answered.body["status"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def lift_lost_report(
    info: Info, given: Input[LiftLostReportInput]
) -> LiftLostReportResult | None:
    """Lift a report of loss, as the holder who has stepped up, or as an operator who checked."""
    context = info.context
    reading = context.reading
    number = given.identity_number
    request = LiftLostReport(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        identity_number=None
        if number is None
        else reading.text(number, "identityNumber", IDENTITY_NUMBER_MAX),
        reason=reading.reason(given.reason),
    )
    return await carry_out(
        context,
        lift_report(context.house, context.actor, request),
        lambda answered: LiftLostReportSuccess(
            account=Account(row=answered.body["account"]),
            status=WalletStatus(answered.body["status"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def reveal_profile(
    info: Info, given: Input[RevealProfileInput]
) -> RevealProfileResult | None:
    """Show who holds an account, unmasked, and write down that you looked. For operators."""
    context = info.context
    account_id = context.reading.id(given.account_id, NodeKind.ACCOUNT, "accountId")
    reason = context.reading.text(given.reason, "reason", REASON_MAX)
    return await carry_out(
        context,
        reveal(context.house, context.actor, account_id, reason),
        lambda opened: RevealProfileSuccess(
            holder_name=opened.name,
            identity_kind=opened.identity_kind,
            identity_number=opened.identity_number,
            issuing_country=opened.issuing_country,
            birth_date=opened.birth_date.isoformat(),
            phone=opened.phone,
            replayed=False,
        ),
        PLAIN,
    )


MUTATIONS = [
    open_account,
    deposit,
    freeze_account,
    unfreeze_account,
    report_lost,
    lift_lost_report,
    reveal_profile,
]
