"""Draws, tickets, what they win, mandates, and the payment of whole draws."""

from typing import TYPE_CHECKING, Annotated, ClassVar, cast

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.fetching import fetch, fetch_kind
from graphql_schema.money import Money, money
from graphql_schema.partners import Partner
from graphql_schema.port import Info
from graphql_schema.relay import (
    After,
    Connection,
    First,
    Node,
    NodeKind,
    connect,
    encode,
    uuid_of,
)
from graphql_schema.scalars import Moment, moment, moment_or_none
from models.kinds import DrawState, RunState, TicketState, WinningState

if TYPE_CHECKING:
    from graphql_schema.accounts import Account, Transaction

LazyAccount = Annotated["Account", strawberry.lazy("graphql_schema.accounts")]
LazyTransaction = Annotated["Transaction", strawberry.lazy("graphql_schema.accounts")]

gql_enum(
    DrawState,
    "How far a draw has come.",
    {
        "OPEN": "Tickets are sold until its sales close.",
        "CLOSED": "Nothing is sold any more; the centre uploads the winning tickets.",
        "PUBLISHED": "The winning tickets stand, and prizes are paid.",
    },
)
gql_enum(
    TicketState,
    "How a ticket stands.",
    {
        "UNCONFIRMED": "Paid for, but without the centre's serial yet; it cannot win.",
        "CONFIRMED": "It has the centre's serial and takes part in the draw.",
        "REFUNDED": "The stake went back to the account.",
    },
)
gql_enum(
    WinningState,
    "Whether a winning ticket has been paid.",
    {"UNPAID": "Not yet.", "PAID": "The prize is on the account."},
)
gql_enum(
    RunState,
    "How far the payment of a draw has come.",
    {"RUNNING": "Prizes are being paid.", "DONE": "Every prize was paid or refused."},
)


async def currency_of_draw(info: Info, draw_id: object) -> str:
    """Return a draw's currency."""
    row = await info.context.reads.row(NodeKind.DRAW, uuid_of(str(draw_id)))
    assert row is not None  # noqa: S101 - draws are never removed, and everybody sees them
    return str(row["currency"])


@gql_type
class Draw(Node):
    """One draw of a game."""

    KIND: ClassVar[NodeKind] = NodeKind.DRAW

    @gql_field
    def game(self) -> str:
        """The game, as the centre names it."""
        return str(self.row["game"])

    @gql_field
    def code(self) -> str:
        """The draw's number, as the centre counts."""
        return str(self.row["code"])

    @gql_field
    def currency(self) -> str:
        """The ISO 4217 code in which it is played."""
        return str(self.row["currency"])

    @gql_field
    def state(self) -> DrawState:
        """How far it has come."""
        return DrawState(self.row["state"])

    @gql_field
    def opened_at(self) -> Moment:
        """When the centre opened it."""
        return moment(self.row["opened_at"])

    @gql_field
    def sales_close_at(self) -> Moment:
        """From when on nothing is sold."""
        return moment(self.row["sales_close_at"])

    @gql_field
    def claims_close_at(self) -> Moment | None:
        """From when on prizes are no longer paid; null until it is published."""
        return moment_or_none(self.row["claims_close_at"])

    @gql_field
    async def centre(self, info: Info) -> Partner | None:
        """The lottery centre whose draw it is."""
        return await fetch(info.context, Partner, self.row["centre_id"])

    @gql_field
    async def winning_tickets(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection["WinningTicket"]:
        """The winning tickets that you may see: your own, or all of them as their centre."""
        context = info.context
        page = context.reading.page("winning", first, after, uuid_of)
        rows = await context.reads.winning_tickets(uuid_of(self.row["id"]), page)
        return connect(rows, page, lambda row: WinningTicket(row=row))


@gql_type
class Ticket(Node):
    """A ticket that a player picked and paid for."""

    KIND: ClassVar[NodeKind] = NodeKind.TICKET
    currency_code: strawberry.Private[str | None] = None

    @gql_field
    def numbers(self) -> str:
        """What was picked, as the platform wrote it."""
        return str(self.row["numbers"])

    @gql_field
    async def stake(self, info: Info) -> Money:
        """What it cost."""
        currency = self.currency_code or await currency_of_draw(info, self.row["draw_id"])
        return money(self.row["stake_minor"], currency)

    @gql_field
    def serial(self) -> str | None:
        """The centre's serial; null until the ticket is confirmed."""
        serial: str | None = self.row["serial"]
        return serial

    @gql_field
    def state(self) -> TicketState:
        """How it stands."""
        return TicketState(self.row["state"])

    @gql_field
    def confirm_by(self) -> Moment | None:
        """Until when an unconfirmed ticket must be confirmed, before its stake goes back."""
        return moment_or_none(self.row["confirm_by"])

    @gql_field
    async def draw(self, info: Info) -> Draw | None:
        """The draw it takes part in."""
        return await fetch(info.context, Draw, self.row["draw_id"])

    @gql_field
    async def purchase(self, info: Info) -> LazyTransaction | None:
        """The purchase that paid for it."""
        found = await fetch_kind(info.context, NodeKind.TRANSACTION, self.row["purchase_id"])
        return cast("Transaction | None", found)

    @gql_field
    async def winning(self, info: Info) -> "WinningTicket | None":
        """What it won; null when nothing, or while the draw is not published."""
        row = await info.context.reads.winning(uuid_of(self.row["id"]))
        return None if row is None else WinningTicket(row=row)


@gql_type
class WinningTicket(Node):
    """A ticket that won, and whether its prize was paid."""

    KIND: ClassVar[NodeKind] = NodeKind.WINNING_TICKET
    currency_code: strawberry.Private[str | None] = None

    @gql_field
    def serial(self) -> str:
        """The centre's serial of the ticket."""
        return str(self.row["serial"])

    @gql_field
    async def prize(self, info: Info) -> Money:
        """The prize before tax."""
        return money(self.row["prize_minor"], await self._currency(info))

    @gql_field
    async def tax(self, info: Info) -> Money | None:
        """What was withheld as tax; null until it is paid."""
        if self.row["state"] != WinningState.PAID:
            return None
        return money(self.row["tax_minor"], await self._currency(info))

    @gql_field
    async def net(self, info: Info) -> Money | None:
        """What arrived on the account; null until it is paid."""
        if self.row["state"] != WinningState.PAID:
            return None
        return money(self.row["prize_minor"] - self.row["tax_minor"], await self._currency(info))

    @gql_field
    def state(self) -> WinningState:
        """Whether it was paid."""
        return WinningState(self.row["state"])

    @gql_field
    def paid_at(self) -> Moment | None:
        """When it was paid."""
        return moment_or_none(self.row["paid_at"])

    @gql_field
    async def draw(self, info: Info) -> Draw | None:
        """The draw that it won in."""
        return await fetch(info.context, Draw, self.row["draw_id"])

    @gql_field
    async def ticket(self, info: Info) -> Ticket | None:
        """The ticket itself, where you may see it."""
        return await fetch(info.context, Ticket, self.row["ticket_id"])

    @gql_field
    def account_id(self) -> strawberry.ID:
        """The account that bought it, and that the prize goes to."""
        return encode(NodeKind.ACCOUNT, self.row["account_id"])

    @gql_field
    async def account(self, info: Info) -> LazyAccount | None:
        """That account, where you may see it."""
        found = await fetch_kind(info.context, NodeKind.ACCOUNT, self.row["account_id"])
        return cast("Account | None", found)

    @gql_field
    async def payout(self, info: Info) -> LazyTransaction | None:
        """The transaction that paid it; null until then, and where you may not see it."""
        found = await fetch_kind(info.context, NodeKind.TRANSACTION, self.row["payout_id"])
        return cast("Transaction | None", found)

    async def _currency(self, info: Info) -> str:
        return self.currency_code or await currency_of_draw(info, self.row["draw_id"])


@gql_type
class Mandate(Node):
    """A player's standing permission for one sales platform to debit one account."""

    KIND: ClassVar[NodeKind] = NodeKind.MANDATE

    @gql_field
    async def limit_per_purchase(self, info: Info) -> Money:
        """The most that one purchase may cost."""
        return money(self.row["limit_per_purchase_minor"], await self._currency(info))

    @gql_field
    async def limit_per_day(self, info: Info) -> Money:
        """The most that the purchases of one business day may cost together."""
        return money(self.row["limit_per_day_minor"], await self._currency(info))

    @gql_field
    async def used_today(self, info: Info) -> Money:
        """What this business day's purchases have cost."""
        today = str(self.row["used_on"]) == info.context.reads.today().isoformat()
        return money(self.row["used_minor"] if today else 0, await self._currency(info))

    @gql_field
    def granted_at(self) -> Moment:
        """When it was given, in place of any before it."""
        return moment(self.row["granted_at"])

    @gql_field
    def expires_at(self) -> Moment:
        """From when on it permits nothing."""
        return moment(self.row["expires_at"])

    @gql_field
    def revoked_at(self) -> Moment | None:
        """When it was taken back; null while it was not."""
        return moment_or_none(self.row["revoked_at"])

    @gql_field
    async def partner(self, info: Info) -> Partner | None:
        """The sales platform that may debit the account."""
        return await fetch(info.context, Partner, self.row["partner_id"])

    @gql_field
    def account_id(self) -> strawberry.ID:
        """The account that may be debited: the platform gives it with each purchase."""
        return encode(NodeKind.ACCOUNT, self.row["account_id"])

    @gql_field
    async def account(self, info: Info) -> LazyAccount | None:
        """That account, where you may see it."""
        found = await fetch_kind(info.context, NodeKind.ACCOUNT, self.row["account_id"])
        return cast("Account | None", found)

    async def _currency(self, info: Info) -> str:
        return await info.context.reads.currency_of_account(uuid_of(self.row["account_id"]))


@gql_type
class PayoutRun(Node):
    """The payment of a whole draw: it goes on by itself, and this is how far it has come."""

    KIND: ClassVar[NodeKind] = NodeKind.PAYOUT_RUN

    @gql_field
    def state(self) -> RunState:
        """Whether it is still going on."""
        return RunState(self.row["state"])

    @gql_field
    def total(self) -> int:
        """How many winning tickets there are to pay."""
        return int(self.row["total"])

    @gql_field
    def paid(self) -> int:
        """How many were paid by now."""
        return int(self.row["paid"])

    @gql_field
    def refused(self) -> int:
        """How many could not be paid by now."""
        return int(self.row["refused"])

    @gql_field
    def started_at(self) -> Moment:
        """When it was ordered."""
        return moment(self.row["started_at"])

    @gql_field
    def finished_at(self) -> Moment | None:
        """When it was done; null while it goes on."""
        return moment_or_none(self.row["finished_at"])

    @gql_field
    async def draw(self, info: Info) -> Draw | None:
        """The draw that is paid."""
        return await fetch(info.context, Draw, self.row["draw_id"])
