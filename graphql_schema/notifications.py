"""The feed: what happened, told live by subscriptions and page by page by a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry

from graphql_schema.accounts import Account, Deposit, Transaction
from graphql_schema.banking import BankCard, Withdrawal
from graphql_schema.describe import gql_enum, gql_field, gql_interface, gql_type
from graphql_schema.fetching import fetch, fetch_public
from graphql_schema.limits import SelfLimit, self_limit
from graphql_schema.lottery import Draw, Mandate, PayoutRun, Ticket, WinningTicket
from graphql_schema.money import Money, money
from graphql_schema.partners import ApiKey, Partner
from graphql_schema.port import Info
from graphql_schema.relay import Edge, NodeKind, PageInfo, cursor_of, encode
from graphql_schema.scalars import Moment, moment
from models.kinds import EventKind, Notice, WalletStatus

FEED = "feed"
"""Marks the feed's cursors."""

gql_enum(
    EventKind,
    "What an event tells.",
    {
        "ACCOUNT_OPENED": "A customer opened an account.",
        "ACCOUNT_FROZEN": "An account was frozen.",
        "ACCOUNT_UNFROZEN": "A freeze was lifted.",
        "ACCOUNT_CLOSING": "An account's last money is on its way to the bank.",
        "ACCOUNT_CLOSED": "An account was closed.",
        "ACCOUNT_STAYS_OPEN": "An account could not be emptied, and is open as before.",
        "LOST_REPORTED": "An account was reported lost.",
        "LOST_REPORT_LIFTED": "A report of loss was lifted.",
        "DEPOSIT": "Money was put into an account.",
        "DEPOSIT_REVERSED": "The bank took back what it had brought.",
        "WITHDRAWAL_REQUESTED": "Money left an account, on its way to a bank card.",
        "WITHDRAWAL_SETTLED": "The bank paid a withdrawal.",
        "WITHDRAWAL_REFUSED": "The bank did not pay a withdrawal.",
        "WITHDRAWAL_RETURNED": "A withdrawal that had been paid came back.",
        "CARD_BOUND": "A bank card was bound.",
        "CARD_UNBOUND": "A bank card was let go.",
        "MANDATE_GRANTED": "A player permitted a platform to debit an account.",
        "MANDATE_REVOKED": "A player took that permission back.",
        "PURCHASE": "Tickets were paid for.",
        "TICKETS_CONFIRMED": "Tickets got their serials.",
        "REFUND": "A purchase's money came back.",
        "PRIZE_PAID": "A prize arrived on an account.",
        "DRAW_OPENED": "A draw began to sell.",
        "DRAW_CLOSED": "A draw sells no more.",
        "DRAW_PUBLISHED": "A draw's winning tickets stand.",
        "DRAW_PAID": "The payment of a whole draw came to its end.",
        "POOL_FUNDED": "A lottery centre put money into its prize pool.",
        "PARTNER_SUSPENDED": "A partner may only read.",
        "PARTNER_RESUMED": "A partner may act again.",
        "API_KEY_EXPIRING": "An API key expires within a week.",
        "SELF_LIMIT_SET": "A holder limited what goes into or out of an account.",
        "SELF_EXCLUDED": "A holder excluded themselves from the game.",
        "SECURITY_NOTICE": "Something was done with your access.",
        "WEBHOOK_DISABLED": "A webhook was given up: nothing is sent to it any more.",
        "THRESHOLD_ALERT": "Something that is watched passed its threshold.",
    },
)

gql_enum(
    Notice,
    "What a person is told that was done with their access.",
    {
        "SESSION_STOLEN": "A refresh token was used twice, so its session was ended.",
        "PASSWORD_CHANGED": "The password was changed, and other sessions were ended.",
        "PIN_CHANGED": "The payment PIN was set.",
        "PIN_LOCKED": "The payment PIN was given wrong too often, and is locked for a while.",
    },
)

After = Annotated[
    str | None,
    strawberry.argument(
        name="after",
        description=(
            "The cursor of the last event that you have: what you missed comes first, in order. "
            "Left out, it begins with what happens from now on."
        ),
    ),
]
Kinds = Annotated[
    list[EventKind] | None,
    strawberry.argument(name="kinds", description="Only these kinds of events."),
]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it was told: what the feed's types are made of."""

    position: int
    kind: EventKind
    at: datetime
    body: Mapping[str, Any]


@gql_interface
class FeedEvent:
    """Something that happened. It may be told more than once: its id tells repeats."""

    happened: strawberry.Private[Happened]

    @gql_field
    def id(self) -> strawberry.ID:
        """Tells this event from all others, for you."""
        return strawberry.ID(cursor_of("event", self.happened.position))

    @gql_field
    def cursor(self) -> str:
        """Where it stands in the feed: give it as `after` to go on behind it."""
        return cursor_of(FEED, self.happened.position)

    @gql_field
    def at(self) -> Moment:
        """When it happened."""
        return moment(self.happened.at)

    @gql_field
    def kind(self) -> EventKind:
        """What kind of event it is."""
        return self.happened.kind


@gql_type
class AccountEvent(FeedEvent):
    """An account was opened or closed, or something that blocks it was placed or lifted."""

    @gql_field
    def account_id(self) -> strawberry.ID:
        """The account."""
        return encode(NodeKind.ACCOUNT, self.happened.body["account"]["id"])

    @gql_field
    async def account(self, info: Info) -> Account | None:
        """The account as it stands now."""
        return await fetch(info.context, Account, self.happened.body["account"]["id"])

    @gql_field
    def status(self) -> WalletStatus:
        """How it stood after the event."""
        return WalletStatus(self.happened.body.get("status", WalletStatus.ACTIVE))


@gql_type
class TransactionEvent(FeedEvent):
    """Money came to an account or left it: a deposit, a purchase, a refund."""

    @gql_field
    def transaction(self) -> Transaction:
        """The transaction as it stood then."""
        return Transaction(row=self.happened.body["transaction"])


@gql_type
class DepositReversedEvent(FeedEvent):
    """The bank took back what it had brought."""

    @gql_field
    def amount(self) -> Money:
        """How much."""
        return money(self.happened.body["amount_minor"], self.happened.body["currency"])

    @gql_field
    def owed(self) -> Money:
        """How much of it had been spent by then, and is owed now."""
        return money(self.happened.body["owed_minor"], self.happened.body["currency"])

    @gql_field
    def deposit(self) -> Deposit | None:
        """The deposit; null where it was a prize pool's funding."""
        row = self.happened.body.get("deposit")
        return None if row is None else Deposit(row=row)


@gql_type
class WithdrawalEvent(FeedEvent):
    """A withdrawal was asked for, or came to its end."""

    @gql_field
    def withdrawal(self) -> Withdrawal:
        """The withdrawal as it stood then."""
        return Withdrawal(row=self.happened.body["withdrawal"])

    @gql_field
    def transaction(self) -> Transaction:
        """The transaction that took the money out, or the one that brought it back."""
        return Transaction(row=self.happened.body["transaction"])


@gql_type
class CardEvent(FeedEvent):
    """A bank card was bound or let go."""

    @gql_field
    def card(self) -> BankCard:
        """The card as it stood then."""
        return BankCard(row=self.happened.body["card"])


@gql_type
class TicketsConfirmedEvent(FeedEvent):
    """Tickets of a purchase got their serials."""

    @gql_field
    def transaction(self) -> Transaction:
        """The purchase as it stood then."""
        return Transaction(row=self.happened.body["transaction"])

    @gql_field
    def tickets(self) -> list[Ticket]:
        """The tickets that were confirmed, at most 50."""
        currency = self.happened.body["transaction"]["currency"]
        return [Ticket(row=row, currency_code=currency) for row in self.happened.body["tickets"]]


@gql_type
class PrizeEvent(FeedEvent):
    """A prize arrived on an account."""

    @gql_field
    def amount(self) -> Money:
        """What arrived: the prize less tax."""
        transaction = self.happened.body["transaction"]
        return money(transaction["amount_minor"], transaction["currency"])

    @gql_field
    def tax(self) -> Money:
        """What was withheld."""
        body = self.happened.body
        return money(body["winning_ticket"]["tax_minor"], body["transaction"]["currency"])

    @gql_field
    def serial(self) -> str:
        """The serial of the ticket that won."""
        return str(self.happened.body["winning_ticket"]["serial"])

    @gql_field
    async def draw(self, info: Info) -> Draw:
        """The draw that it won in."""
        draw_id = self.happened.body["winning_ticket"]["draw_id"]
        return await fetch_public(info.context, Draw, draw_id)

    @gql_field
    def winning_ticket(self) -> WinningTicket:
        """The winning ticket, paid."""
        body = self.happened.body
        currency = body["transaction"]["currency"]
        return WinningTicket(row=body["winning_ticket"], currency_code=currency)

    @gql_field
    def transaction(self) -> Transaction:
        """The transaction that booked it."""
        return Transaction(row=self.happened.body["transaction"])


@gql_type
class MandateEvent(FeedEvent):
    """A payment mandate was given or taken back."""

    @gql_field
    def mandate(self) -> Mandate:
        """The mandate as it stood then."""
        return Mandate(row=self.happened.body["mandate"])


@gql_type
class DrawEvent(FeedEvent):
    """A draw was opened, closed or published."""

    @gql_field
    def draw(self) -> Draw:
        """The draw as it stood then."""
        return Draw(row=self.happened.body["draw"])


@gql_type
class DrawPaidEvent(FeedEvent):
    """The payment of a whole draw came to its end."""

    @gql_field
    def payout_run(self) -> PayoutRun:
        """How many prizes were paid, and how many could not be."""
        return PayoutRun(row=self.happened.body["payout_run"])

    @gql_field
    def draw(self) -> Draw:
        """The draw as it stood then."""
        return Draw(row=self.happened.body["draw"])


@gql_type
class PoolFundedEvent(FeedEvent):
    """A lottery centre put money into its prize pool."""

    @gql_field
    def amount(self) -> Money:
        """How much was put in."""
        return money(self.happened.body["amount_minor"], self.happened.body["currency"])

    @gql_field
    def balance(self) -> Money:
        """What the pool held after it."""
        return money(self.happened.body["balance_minor"], self.happened.body["currency"])


@gql_type
class PartnerEvent(FeedEvent):
    """A partner was suspended or resumed."""

    @gql_field
    def partner(self) -> Partner:
        """The partner as it stood then."""
        return Partner(row=self.happened.body["partner"])


@gql_type
class ApiKeyEvent(FeedEvent):
    """An API key expires within a week: rotate it, and nothing stands still."""

    @gql_field
    def api_key(self) -> ApiKey:
        """The key as it stood then."""
        return ApiKey(row=self.happened.body["api_key"])


@gql_type
class SelfLimitEvent(FeedEvent):
    """A holder limited what goes into or out of an account."""

    @gql_field
    def account_id(self) -> strawberry.ID:
        """The account."""
        return encode(NodeKind.ACCOUNT, self.happened.body["limit"]["account_id"])

    @gql_field
    def self_limit(self) -> SelfLimit:
        """The limit as it stood then."""
        body = self.happened.body
        return self_limit(body["limit"], body["used_minor"], body["currency"])


@gql_type
class SelfExcludedEvent(FeedEvent):
    """A holder excluded themselves from the game."""

    @gql_field
    def until(self) -> Moment:
        """When that ends."""
        return moment(datetime.fromisoformat(self.happened.body["until"]))


@gql_type
class SecurityNotice(FeedEvent):
    """Something was done with your access: if it was not you, set a new password at once."""

    @gql_field
    def notice(self) -> Notice:
        """What was done."""
        return Notice(self.happened.body["notice"])


@gql_type
class WebhookEvent(FeedEvent):
    """A webhook was given up: it said that it is gone, or nothing had arrived for days."""

    @gql_field
    def webhook_id(self) -> strawberry.ID:
        """The webhook."""
        return encode(NodeKind.WEBHOOK, self.happened.body["webhook_id"])

    @gql_field
    def host(self) -> str:
        """The host that it led to."""
        return str(self.happened.body["host"])

    @gql_field
    def reason(self) -> str:
        """Why it was given up."""
        return str(self.happened.body["reason"])

    @gql_field
    async def partner(self, info: Info) -> Partner:
        """Whose webhook it is."""
        return await fetch_public(info.context, Partner, self.happened.body["partner_id"])


@gql_type
class ThresholdAlert(FeedEvent):
    """Something that is watched passed its threshold."""

    @gql_field
    def name(self) -> str:
        """What is watched: the name of the system parameter that holds the threshold."""
        return str(self.happened.body["name"])

    @gql_field
    def balance(self) -> Money:
        """What was there when the alert was raised."""
        return money(self.happened.body["balance_minor"], self.happened.body["currency"])

    @gql_field
    def threshold(self) -> Money:
        """What should be there at least."""
        return money(self.happened.body["threshold_minor"], self.happened.body["currency"])

    @gql_field
    async def partner(self, info: Info) -> Partner:
        """Whose wallet it is about."""
        return await fetch_public(info.context, Partner, self.happened.body["partner_id"])


@gql_type
class FeedGap:
    """Events are missing here: they were older than the feed keeps them."""

    cursor: str = strawberry.field(
        description="Where the feed goes on: give it as `after` to skip the gap."
    )


FeedMessage = Annotated[
    AccountEvent
    | TransactionEvent
    | DepositReversedEvent
    | WithdrawalEvent
    | CardEvent
    | TicketsConfirmedEvent
    | PrizeEvent
    | MandateEvent
    | DrawEvent
    | DrawPaidEvent
    | PoolFundedEvent
    | PartnerEvent
    | ApiKeyEvent
    | SelfLimitEvent
    | SelfExcludedEvent
    | SecurityNotice
    | WebhookEvent
    | ThresholdAlert
    | FeedGap,
    strawberry.union(
        "FeedMessage",
        description="What a subscription tells: an event, or that events are missing.",
    ),
]

EVENT_TYPES: dict[EventKind, type[FeedEvent]] = {
    EventKind.ACCOUNT_OPENED: AccountEvent,
    EventKind.ACCOUNT_FROZEN: AccountEvent,
    EventKind.ACCOUNT_UNFROZEN: AccountEvent,
    EventKind.ACCOUNT_CLOSING: AccountEvent,
    EventKind.ACCOUNT_CLOSED: AccountEvent,
    EventKind.ACCOUNT_STAYS_OPEN: AccountEvent,
    EventKind.LOST_REPORTED: AccountEvent,
    EventKind.LOST_REPORT_LIFTED: AccountEvent,
    EventKind.DEPOSIT: TransactionEvent,
    EventKind.DEPOSIT_REVERSED: DepositReversedEvent,
    EventKind.WITHDRAWAL_REQUESTED: WithdrawalEvent,
    EventKind.WITHDRAWAL_SETTLED: WithdrawalEvent,
    EventKind.WITHDRAWAL_REFUSED: WithdrawalEvent,
    EventKind.WITHDRAWAL_RETURNED: WithdrawalEvent,
    EventKind.CARD_BOUND: CardEvent,
    EventKind.CARD_UNBOUND: CardEvent,
    EventKind.MANDATE_GRANTED: MandateEvent,
    EventKind.MANDATE_REVOKED: MandateEvent,
    EventKind.PURCHASE: TransactionEvent,
    EventKind.TICKETS_CONFIRMED: TicketsConfirmedEvent,
    EventKind.REFUND: TransactionEvent,
    EventKind.PRIZE_PAID: PrizeEvent,
    EventKind.DRAW_OPENED: DrawEvent,
    EventKind.DRAW_CLOSED: DrawEvent,
    EventKind.DRAW_PUBLISHED: DrawEvent,
    EventKind.DRAW_PAID: DrawPaidEvent,
    EventKind.POOL_FUNDED: PoolFundedEvent,
    EventKind.PARTNER_SUSPENDED: PartnerEvent,
    EventKind.PARTNER_RESUMED: PartnerEvent,
    EventKind.API_KEY_EXPIRING: ApiKeyEvent,
    EventKind.SELF_LIMIT_SET: SelfLimitEvent,
    EventKind.SELF_EXCLUDED: SelfExcludedEvent,
    EventKind.SECURITY_NOTICE: SecurityNotice,
    EventKind.WEBHOOK_DISABLED: WebhookEvent,
    EventKind.THRESHOLD_ALERT: ThresholdAlert,
}
"""Which type tells which kind of event."""


def event(happened: Happened) -> FeedEvent:
    """Return an event as clients see it."""
    return EVENT_TYPES[happened.kind](happened=happened)


@gql_type
class FeedConnection:
    """A page of the feed."""

    edges: list[Edge[FeedEvent]] = strawberry.field(description="The events, in order.")
    page_info: PageInfo = strawberry.field(description="Whether and where the feed goes on.")
    gap: FeedGap | None = strawberry.field(
        description="Set when events after `after` are missing, because they were too old."
    )
