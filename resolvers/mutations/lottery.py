"""Draws and prizes."""

from graphql_schema.accounts import Transaction
from graphql_schema.describe import gql_mutation
from graphql_schema.lottery import Draw, PayoutRun, WinningTicket
from graphql_schema.money import money
from graphql_schema.mutations.lottery import (
    CLAIM_PRIZE,
    PAYOUT,
    ClaimPrizeInput,
    ClaimPrizeResult,
    ClaimPrizeSuccess,
    CloseDrawInput,
    CloseDrawResult,
    CloseDrawSuccess,
    OpenDrawInput,
    OpenDrawResult,
    OpenDrawSuccess,
    PayDrawInput,
    PayDrawResult,
    PayDrawSuccess,
    PayoutInput,
    PayoutResult,
    PayoutSuccess,
    UploadWinningTicketsInput,
    UploadWinningTicketsResult,
    UploadWinningTicketsSuccess,
    WinningTicketInput,
    WinningTicketUpload,
)
from graphql_schema.reading import Reading
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from resolvers.bounds import GAME_MAX, SERIAL_MAX, WINNING_TICKETS_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.ledger.command import Answered
from services.lottery.claim_prize import ClaimPrize
from services.lottery.claim_prize import claim_prize as claim
from services.lottery.close_draw import close_draw as close
from services.lottery.open_draw import OpenDraw
from services.lottery.open_draw import open_draw as open_it
from services.lottery.pay_draw import pay_draw as pay
from services.lottery.payout import PayoutOrder
from services.lottery.payout import payout as pay_out
from services.lottery.upload_winning_tickets import UploadWinningTickets
from services.lottery.upload_winning_tickets import upload_winning_tickets as upload


@gql_mutation
async def open_draw(info: Info, given: Input[OpenDrawInput]) -> OpenDrawResult | None:
    """Begin to sell a draw. For lottery centres."""
    context = info.context
    reading = context.reading
    order = OpenDraw(
        key=reading.key(given.idempotency_key),
        game=reading.text(given.game, "game", GAME_MAX),
        code=reading.text(given.code, "code", GAME_MAX),
        sales_close_at=reading.time(given.sales_close_at, "salesCloseAt"),
        currency=reading.currency(given.currency, "currency"),
    )
    return await carry_out(
        context,
        open_it(context.house, context.actor, order),
        lambda answered: OpenDrawSuccess(
            draw=Draw(row=answered.body["draw"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def close_draw(info: Info, given: Input[CloseDrawInput]) -> CloseDrawResult | None:
    """End the sale of your draw. For lottery centres."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    draw_id = context.reading.id(given.draw_id, NodeKind.DRAW, "drawId")
    return await carry_out(
        context,
        close(context.house, context.actor, key, draw_id),
        lambda answered: CloseDrawSuccess(
            draw=Draw(row=answered.body["draw"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def upload_winning_tickets(
    info: Info, given: Input[UploadWinningTicketsInput]
) -> UploadWinningTicketsResult | None:
    """Say which tickets of your closed draw won, and publish them. For lottery centres."""
    context = info.context
    reading = context.reading
    prizes = [
        _prize(reading, ticket, f"tickets.{index}")
        for index, ticket in enumerate(
            reading.items(given.tickets, "tickets", WINNING_TICKETS_MAX, 0)
        )
    ]
    order = UploadWinningTickets(
        key=reading.key(given.idempotency_key),
        draw_id=reading.id(given.draw_id, NodeKind.DRAW, "drawId"),
        tickets=tuple((serial, prize_minor) for serial, prize_minor, _ in prizes),
        publish=given.publish,
    )
    return await carry_out(
        context,
        upload(context.house, context.actor, order, [currency for _, _, currency in prizes]),
        lambda answered: UploadWinningTicketsSuccess(
            draw=Draw(row=answered.body["draw"]),
            results=[
                WinningTicketUpload(
                    serial=result["serial"],
                    accepted=result["code"] is None,
                    problem=result["code"],
                )
                for result in answered.body["results"]
            ],
            replayed=answered.replayed,
        ),
        PLAIN,
    )


def _prize(reading: Reading, ticket: WinningTicketInput, field: str) -> tuple[str, int, str]:
    serial = reading.text(ticket.serial, f"{field}.serial", SERIAL_MAX)
    return serial, *ticket.prize.read(reading, f"{field}.prize")


@gql_mutation
async def payout(info: Info, given: Input[PayoutInput]) -> PayoutResult | None:
    """Pay the prize of one verified winning ticket, once. For operators."""
    context = info.context
    reading = context.reading
    amount_minor, currency = given.amount.read(reading, "amount")
    order = PayoutOrder(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        draw_id=reading.id(given.draw_id, NodeKind.DRAW, "drawId"),
        serial=reading.text(given.serial, "serial", SERIAL_MAX),
        amount_minor=amount_minor,
        currency=currency,
    )

    def success(answered: Answered) -> PayoutSuccess:
        transaction, winning_ticket = _paid(answered)
        return PayoutSuccess(
            transaction=transaction, winning_ticket=winning_ticket, replayed=answered.replayed
        )

    work = pay_out(context.house, context.actor, order)
    return await carry_out(context, work, success, PAYOUT, currency=currency)


@gql_mutation
async def claim_prize(info: Info, given: Input[ClaimPrizeInput]) -> ClaimPrizeResult | None:
    """Have the prize of your winning ticket paid, once. For customers."""
    context = info.context
    reading = context.reading
    order = ClaimPrize(
        key=reading.key(given.idempotency_key),
        account_id=reading.id(given.account_id, NodeKind.ACCOUNT, "accountId"),
        draw_id=reading.id(given.draw_id, NodeKind.DRAW, "drawId"),
        serial=reading.text(given.serial, "serial", SERIAL_MAX),
    )

    def success(answered: Answered) -> ClaimPrizeSuccess:
        transaction, winning_ticket = _paid(answered)
        currency = answered.body["transaction"]["currency"]
        return ClaimPrizeSuccess(
            transaction=transaction,
            winning_ticket=winning_ticket,
            available=money(answered.body["available_minor"], currency),
            replayed=answered.replayed,
        )

    return await carry_out(
        context, claim(context.house, context.actor, order), success, CLAIM_PRIZE
    )


def _paid(answered: Answered) -> tuple[Transaction, WinningTicket]:
    body = answered.body
    currency = body["transaction"]["currency"]
    winning_ticket = WinningTicket(row=body["winning_ticket"], currency_code=currency)
    return Transaction(row=body["transaction"]), winning_ticket


@gql_mutation
async def pay_draw(info: Info, given: Input[PayDrawInput]) -> PayDrawResult | None:
    """Have every prize of a published draw paid, by and by. For operators."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    draw_id = context.reading.id(given.draw_id, NodeKind.DRAW, "drawId")
    return await carry_out(
        context,
        pay(context.house, context.actor, key, draw_id),
        lambda answered: PayDrawSuccess(
            payout_run=PayoutRun(row=answered.body["payout_run"]), replayed=answered.replayed
        ),
        PLAIN,
    )


MUTATIONS = [open_draw, close_draw, upload_winning_tickets, payout, claim_prize, pay_draw]
