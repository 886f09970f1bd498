"""Mandates, purchases, confirmations and refunds."""

from collections.abc import Sequence
from uuid import UUID

from graphql_schema.accounts import Transaction
from graphql_schema.describe import gql_mutation
from graphql_schema.lottery import Mandate, Ticket
from graphql_schema.mutations.lottery import (
    PURCHASE,
    REFUND_PURCHASE,
    ConfirmTicketsInput,
    ConfirmTicketsResult,
    ConfirmTicketsSuccess,
    GrantMandateInput,
    GrantMandateResult,
    GrantMandateSuccess,
    PickedTicketInput,
    PurchaseInput,
    PurchaseResult,
    PurchasesInput,
    PurchasesResult,
    PurchasesSuccess,
    PurchaseSuccess,
    RefundPurchaseInput,
    RefundPurchaseResult,
    RefundPurchaseSuccess,
    RevokeMandateInput,
    RevokeMandateResult,
    RevokeMandateSuccess,
)
from graphql_schema.reading import REASON_MAX, Reading
from graphql_schema.refusals import PLAIN, Told
from graphql_schema.relay import NodeKind
from resolvers.bounds import (
    NUMBERS_MAX,
    PURCHASES_MAX,
    REFERENCE_MAX,
    SERIAL_MAX,
    TICKETS_MAX,
)
from resolvers.carrying import Input, carry_out
from resolvers.context import Context, Info
from services.ledger.command import Answered, Body
from services.lottery.confirm_tickets import ConfirmTickets
from services.lottery.confirm_tickets import confirm_tickets as confirm
from services.lottery.grant_mandate import MandateGrant
from services.lottery.grant_mandate import grant_mandate as grant
from services.lottery.purchase import PickedTicket, PurchaseOrder, purchase_many
from services.lottery.purchase import purchase as buy
from services.lottery.refund_purchase import RefundPurchase
from services.lottery.refund_purchase import refund_purchase as give_back
from services.lottery.revoke_mandate import revoke_mandate as revoke
from services.refusals import RefusalCode, Refused


@gql_mutation
async def grant_mandate(info: Info, given: Input[GrantMandateInput]) -> GrantMandateResult | None:
    """Let a sales platform debit your account, within limits. For customers."""
    context = info.context
    reading = context.reading
    purchase_minor, purchase_currency = given.limit_per_purchase.read(reading, "limitPerPurchase")
    day_minor, day_currency = given.limit_per_day.read(reading, "limitPerDay")
    order = MandateGrant(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        partner_id=reading.id(given.partner_id, NodeKind.PARTNER, "partnerId"),
        limit_per_purchase_minor=purchase_minor,
        limit_per_day_minor=day_minor,
        expires_at=reading.time(given.expires_at, "expiresAt"),
    )
    currencies = {"limitPerPurchase": purchase_currency, "limitPerDay": day_currency}
    return await carry_out(
        context,
        _grant(context, order, currencies),
        lambda answered: GrantMandateSuccess(
            mandate=Mandate(row=answered.body["mandate"]), replayed=answered.replayed
        ),
        PLAIN,
    )


async def _grant(context: Context, order: MandateGrant, currencies: dict[str, str]) -> Answered:
    """Grant once both limits are known to be in the account's currency, which never changes."""
    context.actor.customer_id()
    row = await context.reads.row(NodeKind.ACCOUNT, order.account_id)
    for field, currency in currencies.items():
        if row is not None and currency != row["currency"]:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, field, "currency")
    return await grant(context.house, context.actor, order)


@gql_mutation
async def revoke_mandate(
    info: Info, given: Input[RevokeMandateInput]
) -> RevokeMandateResult | None:
    """Take back what you permitted a sales platform. For customers."""
    context = info.context
    reading = context.reading
    key = reading.key(given.idempotency_key)
    account_id = reading.id(given.account_id, NodeKind.ACCOUNT, "accountId")
    partner_id = reading.id(given.partner_id, NodeKind.PARTNER, "partnerId")
    return await carry_out(
        context,
        revoke(context.house, context.actor, key, account_id, partner_id),
        lambda answered: RevokeMandateSuccess(
            mandate=Mandate(row=answered.body["mandate"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def purchase(info: Info, given: Input[PurchaseInput]) -> PurchaseResult | None:
    """Debit a player's account for picked tickets, under the player's mandate.

    For sales platforms. What the account holds stays the player's secret.
    """
    context = info.context
    order = _order(context.reading, given, "")
    return await carry_out(
        context,
        buy(context.house, context.actor, order),
        _bought,
        PURCHASE,
        currency=order.currency,
        shows_available=False,
    )


@gql_mutation
async def purchases(info: Info, given: Input[PurchasesInput]) -> PurchasesResult | None:
    """Make up to 100 purchases at once, each with a key and an answer of its own.

    For sales platforms. One that is refused does not hinder the others.
    """
    context = info.context
    reading = context.reading
    orders = [
        _order(reading, each, f"purchases.{index}.")
        for index, each in enumerate(reading.items(given.purchases, "purchases", PURCHASES_MAX))
    ]

    def success(answers: Sequence[Answered | Refused]) -> PurchasesSuccess:
        context.refusals.extend(
            answer.refusal.code for answer in answers if isinstance(answer, Refused)
        )
        results: list[PurchaseResult] = [
            PURCHASE.of(answer, Told(context.language, order.currency, shows_available=False))
            if isinstance(answer, Refused)
            else _bought(answer)
            for order, answer in zip(orders, answers, strict=True)
        ]
        return PurchasesSuccess(
            results=results, replayed=all(answer.replayed for answer in answers)
        )

    work = purchase_many(context.house, context.actor, orders)
    return await carry_out(context, work, success, PLAIN)


def _order(reading: Reading, given: PurchaseInput, prefix: str) -> PurchaseOrder:
    amount_minor, currency = given.amount.read(reading, f"{prefix}amount")
    picked = reading.items(given.tickets, f"{prefix}tickets", TICKETS_MAX)
    return PurchaseOrder(
        key=reading.key(given.idempotency_key, f"{prefix}idempotencyKey"),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, f"{prefix}accountId"),
        reference=reading.text(given.reference, f"{prefix}reference", REFERENCE_MAX),
        amount_minor=amount_minor,
        currency=currency,
        tickets=tuple(
            _picked(reading, ticket, f"{prefix}tickets.{index}", currency)
            for index, ticket in enumerate(picked)
        ),
    )


def _picked(
    reading: Reading, ticket: PickedTicketInput, field: str, order_currency: str
) -> PickedTicket:
    stake_minor, currency = ticket.stake.read(reading, f"{field}.stake")
    if currency != order_currency:
        reading.refuse(f"{field}.stake.currency", "ANOTHER_CURRENCY")
    return PickedTicket(
        draw_id=reading.id(ticket.draw_id, NodeKind.DRAW, f"{field}.drawId"),
        numbers=reading.text(ticket.numbers, f"{field}.numbers", NUMBERS_MAX),
        stake_minor=stake_minor,
        serial=None
        if ticket.serial is None
        else reading.text(ticket.serial, f"{field}.serial", SERIAL_MAX),
    )


def _bought(answered: Answered) -> PurchaseSuccess:
    rows = answered.body["tickets"]
    return PurchaseSuccess(
        transaction=Transaction(row=answered.body["transaction"], ticket_rows=rows),
        tickets=_tickets(answered.body, "transaction"),
        replayed=answered.replayed,
    )


def _tickets(body: Body, paid_by: str) -> list[Ticket]:
    currency = body[paid_by]["currency"]
    return [Ticket(row=row, currency_code=currency) for row in body["tickets"]]


@gql_mutation
async def confirm_tickets(
    info: Info, given: Input[ConfirmTicketsInput]
) -> ConfirmTicketsResult | None:
    """Bring the centre's serials for tickets that were bought without. For sales platforms."""
    context = info.context
    reading = context.reading
    serials: list[tuple[UUID, str]] = []
    for index, ticket in enumerate(reading.items(given.tickets, "tickets", TICKETS_MAX)):
        field = f"tickets.{index}"
        ticket_id = reading.id(ticket.ticket_id, NodeKind.TICKET, f"{field}.ticketId")
        serials.append((ticket_id, reading.text(ticket.serial, f"{field}.serial", SERIAL_MAX)))
    order = ConfirmTickets(
        key=reading.key(given.idempotency_key),
        purchase_id=reading.id(given.purchase_id, NodeKind.TRANSACTION, "purchaseId"),
        serials=tuple(serials),
    )
    return await carry_out(
        context,
        confirm(context.house, context.actor, order),
        lambda answered: ConfirmTicketsSuccess(
            transaction=Transaction(row=answered.body["transaction"]),
            tickets=_tickets(answered.body, "transaction"),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def refund_purchase(
    info: Info, given: Input[RefundPurchaseInput]
) -> RefundPurchaseResult | None:
    """Give a purchase back, while its draws sell. For sales platforms."""
    context = info.context
    reading = context.reading
    order = RefundPurchase(
        key=reading.key(given.idempotency_key),
        purchase_id=reading.id(given.purchase_id, NodeKind.TRANSACTION, "purchaseId"),
        reason=reading.text(given.reason, "reason", REASON_MAX),
    )
    return await carry_out(
        context,
        give_back(context.house, context.actor, order),
        lambda answered: RefundPurchaseSuccess(
            transaction=Transaction(row=answered.body["transaction"]),
            purchase=Transaction(row=answered.body["purchase"]),
            tickets=_tickets(answered.body, "purchase"),
            replayed=answered.replayed,
        ),
        REFUND_PURCHASE,
    )


MUTATIONS = [
    grant_mandate,
    revoke_mandate,
    purchase,
    purchases,
    confirm_tickets,
    refund_purchase,
]
