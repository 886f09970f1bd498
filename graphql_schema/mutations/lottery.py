"""Mandates, purchases, draws and prizes."""

from typing import Annotated

import strawberry

from graphql_schema.accounts import Transaction
from graphql_schema.describe import gql_input, gql_type
from graphql_schema.lottery import Draw, Mandate, PayoutRun, Ticket, WinningTicket
from graphql_schema.money import Money, MoneyInput
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import (
    AccountBlocked,
    InsufficientFunds,
    MandateLimitExceeded,
    OrderReferenceUsed,
    PaidAlready,
    PlainRefusal,
    RefusalSet,
    SelfExcluded,
    SelfLimitExceeded,
)
from graphql_schema.scalars import Moment


@gql_input
class GrantMandateInput(KeyedInput):
    """What a player permits a sales platform, in place of what was permitted before."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    partner_id: strawberry.ID = strawberry.field(description="The sales platform.")
    limit_per_purchase: MoneyInput = strawberry.field(description="The most for one purchase.")
    limit_per_day: MoneyInput = strawberry.field(
        description="The most for one business day; what was used today stays used."
    )
    expires_at: Moment = strawberry.field(description="From when on it permits nothing.")


@gql_type
class GrantMandateSuccess(Success):
    """The platform may debit the account within these limits."""

    mandate: Mandate = strawberry.field(description="What is permitted now.")


GrantMandateResult = Annotated[
    GrantMandateSuccess | PlainRefusal,
    strawberry.union("GrantMandateResult", description="What became of `grantMandate`."),
]


@gql_input
class RevokeMandateInput(KeyedInput):
    """A permission that is taken back."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    partner_id: strawberry.ID = strawberry.field(description="The sales platform.")


@gql_type
class RevokeMandateSuccess(Success):
    """No purchase uses the mandate any more."""

    mandate: Mandate = strawberry.field(description="What was permitted.")


RevokeMandateResult = Annotated[
    RevokeMandateSuccess | PlainRefusal,
    strawberry.union("RevokeMandateResult", description="What became of `revokeMandate`."),
]


@gql_input
class PickedTicketInput:
    """A ticket as the player picked it."""

    draw_id: strawberry.ID = strawberry.field(description="The draw it shall take part in.")
    numbers: str = strawberry.field(description="What was picked, at most 200 characters.")
    stake: MoneyInput = strawberry.field(description="What it costs; above zero.")
    serial: str | None = strawberry.field(
        default=None,
        description=(
            "The centre's serial, at most 64 characters. Without it the ticket must be confirmed "
            "in time by `confirmTickets`."
        ),
    )


@gql_input
class PurchaseInput(KeyedInput):
    """A payment instruction for picked tickets."""

    account_id: strawberry.ID = strawberry.field(
        description="The player's account, which has given you a mandate."
    )
    reference: str = strawberry.field(
        description="Your own order reference, at most 64 characters: it pays once."
    )
    amount: MoneyInput = strawberry.field(description="What is debited: the sum of the stakes.")
    tickets: list[PickedTicketInput] = strawberry.field(description="1 to 50 tickets.")


@gql_type
class PurchaseSuccess(Success):
    """The account was debited and the tickets are paid for."""

    transaction: Transaction = strawberry.field(description="The debit.")
    tickets: list[Ticket] = strawberry.field(description="The tickets, in the order given.")


PurchaseRefusal = (
    PlainRefusal
    | InsufficientFunds
    | AccountBlocked
    | MandateLimitExceeded
    | SelfLimitExceeded
    | SelfExcluded
    | OrderReferenceUsed
)
PURCHASE: RefusalSet[PurchaseRefusal] = RefusalSet(
    (
        PlainRefusal,
        InsufficientFunds,
        AccountBlocked,
        MandateLimitExceeded,
        SelfLimitExceeded,
        SelfExcluded,
        OrderReferenceUsed,
    )
)
PurchaseResult = Annotated[
    PurchaseSuccess
    | PlainRefusal
    | InsufficientFunds
    | AccountBlocked
    | MandateLimitExceeded
    | SelfLimitExceeded
    | SelfExcluded
    | OrderReferenceUsed,
    strawberry.union("PurchaseResult", description="What became of a purchase."),
]


@gql_input
class PurchasesInput:
    """Several payment instructions at once; each has a key of its own."""

    purchases: list[PurchaseInput] = strawberry.field(description="1 to 100 purchases.")


@gql_type
class PurchasesSuccess(Success):
    """Every purchase was answered: each by itself, with yes or no."""

    results: list[PurchaseResult] = strawberry.field(
        description="The answers, in the order in which the purchases were given."
    )


PurchasesResult = Annotated[
    PurchasesSuccess | PlainRefusal,
    strawberry.union("PurchasesResult", description="What became of `purchases`."),
]


@gql_input
class TicketSerialInput:
    """The centre's serial of a ticket that had none."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket.")
    serial: str = strawberry.field(description="Its serial, at most 64 characters.")


@gql_input
class ConfirmTicketsInput(KeyedInput):
    """The serials that came later."""

    purchase_id: strawberry.ID = strawberry.field(description="Your purchase: its transaction.")
    tickets: list[TicketSerialInput] = strawberry.field(description="1 to 50 tickets of it.")


@gql_type
class ConfirmTicketsSuccess(Success):
    """The tickets take part in their draws."""

    transaction: Transaction = strawberry.field(description="The purchase as it stands now.")
    tickets: list[Ticket] = strawberry.field(description="The tickets that were confirmed.")


ConfirmTicketsResult = Annotated[
    ConfirmTicketsSuccess | PlainRefusal,
    strawberry.union("ConfirmTicketsResult", description="What became of `confirmTickets`."),
]


@gql_input
class RefundPurchaseInput(KeyedInput):
    """A purchase whose money goes back."""

    purchase_id: strawberry.ID = strawberry.field(description="Your purchase: its transaction.")
    reason: str = strawberry.field(description="Why, at most 200 characters.")


@gql_type
class RefundPurchaseSuccess(Success):
    """The money is back on the player's account."""

    transaction: Transaction = strawberry.field(description="The refund.")
    purchase: Transaction = strawberry.field(description="The purchase as it stands now.")
    tickets: list[Ticket] = strawberry.field(description="The tickets that were given back.")


REFUND_PURCHASE: RefusalSet[PlainRefusal | InsufficientFunds] = RefusalSet(
    (PlainRefusal, InsufficientFunds)
)
RefundPurchaseResult = Annotated[
    RefundPurchaseSuccess | PlainRefusal | InsufficientFunds,
    strawberry.union("RefundPurchaseResult", description="What became of `refundPurchase`."),
]


@gql_input
class OpenDrawInput(KeyedInput):
    """A new draw of a game."""

    game: str = strawberry.field(description="The game, at most 40 characters.")
    code: str = strawberry.field(description="The draw's number in the game, at most 40.")
    currency: str = strawberry.field(description='ISO 4217 code, such as "CNY".')
    sales_close_at: Moment = strawberry.field(description="From when on nothing is sold.")


@gql_type
class OpenDrawSuccess(Success):
    """Tickets of the draw can be bought."""

    draw: Draw = strawberry.field(description="The draw.")


OpenDrawResult = Annotated[
    OpenDrawSuccess | PlainRefusal,
    strawberry.union("OpenDrawResult", description="What became of `openDraw`."),
]


@gql_input
class CloseDrawInput(KeyedInput):
    """A draw that shall sell no more."""

    draw_id: strawberry.ID = strawberry.field(description="Your draw.")


@gql_type
class CloseDrawSuccess(Success):
    """The draw sells no more."""

    draw: Draw = strawberry.field(description="The draw.")


CloseDrawResult = Annotated[
    CloseDrawSuccess | PlainRefusal,
    strawberry.union("CloseDrawResult", description="What became of `closeDraw`."),
]


@gql_input
class WinningTicketInput:
    """A ticket that won."""

    serial: str = strawberry.field(description="The ticket's serial, at most 64 characters.")
    prize: MoneyInput = strawberry.field(description="The prize before tax; above zero.")


@gql_input
class UploadWinningTicketsInput(KeyedInput):
    """Winning tickets of a closed draw; many are uploaded in several parts."""

    draw_id: strawberry.ID = strawberry.field(description="Your draw.")
    tickets: list[WinningTicketInput] = strawberry.field(description="0 to 1000 winning tickets.")
    publish: bool = strawberry.field(
        default=False,
        description="Whether these are the last: the winning tickets stand, and prizes are paid.",
    )


@gql_type
class WinningTicketUpload:
    """What became of one winning ticket."""

    serial: str = strawberry.field(description="Its serial.")
    accepted: bool = strawberry.field(description="Whether it is a winning ticket now.")
    problem: str | None = strawberry.field(
        description=(
            "Why not: UNKNOWN_SERIAL, TICKET_REFUNDED or SERIAL_USED; null when it was accepted."
        )
    )


@gql_type
class UploadWinningTicketsSuccess(Success):
    """Each winning ticket was taken, or told why not."""

    draw: Draw = strawberry.field(description="The draw as it stands now.")
    results: list[WinningTicketUpload] = strawberry.field(
        description="What became of each, in the order given."
    )


UploadWinningTicketsResult = Annotated[
    UploadWinningTicketsSuccess | PlainRefusal,
    strawberry.union(
        "UploadWinningTicketsResult", description="What became of `uploadWinningTickets`."
    ),
]


@gql_input
class PayoutInput(KeyedInput):
    """The prize of one winning ticket, to be paid by the entrusted operator."""

    account_id: strawberry.ID = strawberry.field(description="The account that bought the ticket.")
    draw_id: strawberry.ID = strawberry.field(description="The draw that it won in.")
    serial: str = strawberry.field(description="Its serial, at most 64 characters.")
    amount: MoneyInput = strawberry.field(description="The prize before tax, as it was uploaded.")


PAYOUT: RefusalSet[PlainRefusal | InsufficientFunds | PaidAlready] = RefusalSet(
    (PlainRefusal, InsufficientFunds, PaidAlready)
)
CLAIM_PRIZE: RefusalSet[PlainRefusal | PaidAlready] = RefusalSet((PlainRefusal, PaidAlready))
"""What the prize pool holds is its centre's business, not the player's."""


@gql_type
class PayoutSuccess(Success):
    """The prize, less tax, is on the account."""

    transaction: Transaction = strawberry.field(description="What arrived.")
    winning_ticket: WinningTicket = strawberry.field(description="The ticket, paid now.")


PayoutResult = Annotated[
    PayoutSuccess | PlainRefusal | InsufficientFunds | PaidAlready,
    strawberry.union("PayoutResult", description="What became of `payout`."),
]


@gql_input
class ClaimPrizeInput(KeyedInput):
    """A prize that the player asks for."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    draw_id: strawberry.ID = strawberry.field(description="The draw that the ticket won in.")
    serial: str = strawberry.field(description="Its serial, at most 64 characters.")


@gql_type
class ClaimPrizeSuccess(Success):
    """The prize, less tax, is on your account."""

    transaction: Transaction = strawberry.field(description="What arrived.")
    winning_ticket: WinningTicket = strawberry.field(description="The ticket, paid now.")
    available: Money = strawberry.field(description="What can be spent after it.")


ClaimPrizeResult = Annotated[
    ClaimPrizeSuccess | PlainRefusal | PaidAlready,
    strawberry.union("ClaimPrizeResult", description="What became of `claimPrize`."),
]


@gql_input
class PayDrawInput(KeyedInput):
    """A published draw whose prizes shall all be paid."""

    draw_id: strawberry.ID = strawberry.field(description="The draw.")


@gql_type
class PayDrawSuccess(Success):
    """The prizes are being paid, by and by."""

    payout_run: PayoutRun = strawberry.field(description="Ask `payoutRun` how far it has come.")


PayDrawResult = Annotated[
    PayDrawSuccess | PlainRefusal,
    strawberry.union("PayDrawResult", description="What became of `payDraw`."),
]
