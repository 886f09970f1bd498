"""Customers' accounts, what happened on them, and deposits."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import strawberry

from graphql_schema.banking import BankCard, Withdrawal
from graphql_schema.describe import gql_enum, gql_field, gql_input, gql_type
from graphql_schema.fetching import fetch
from graphql_schema.limits import SelfLimit, self_limit
from graphql_schema.lottery import Mandate, Ticket, WinningTicket
from graphql_schema.money import Money, money
from graphql_schema.partners import Partner
from graphql_schema.port import Info, TransactionCriteria
from graphql_schema.reading import Reading, ordinal
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
from graphql_schema.scalars import Moment, MoneyAmount, moment, moment_or_none
from models.engines import Row
from models.kinds import (
    BlockKind,
    DepositState,
    IdentityKind,
    PendingBusiness,
    TransactionState,
    TransactionType,
    WalletStatus,
)

gql_enum(
    IdentityKind,
    "The documents by which a holder says who they are.",
    {
        "RESIDENT_ID": "A Chinese resident identity card (居民身份证).",
        "RESIDENCE_PERMIT": (
            "A residence permit for residents of Hong Kong, Macau and Taiwan (港澳台居民居住证)."
        ),
        "PERMANENT_RESIDENCE": (
            "A foreigner's permanent residence card with 18 digits (外国人永久居留身份证)."
        ),
        "HK_MACAU_PERMIT": (
            "A mainland travel permit of a resident of Hong Kong or Macau (港澳居民来往内地通行证)."
        ),
        "TAIWAN_PERMIT": (
            "A mainland travel permit of a resident of Taiwan (台湾居民来往大陆通行证)."
        ),
        "PASSPORT": "A passport (护照).",
    },
)
gql_enum(
    WalletStatus,
    "Whether money may leave an account.",
    {
        "ACTIVE": "Money may come and go.",
        "FROZEN": "Its holder or the house froze it: no money leaves; what arrives still arrives.",
        "LOST": "It was reported lost: no money leaves; what arrives still arrives.",
        "CLOSING": "Its money is on its way to the holder's bank card, and goes nowhere else.",
        "CLOSED": "No money arrives or leaves any more; its history can be read.",
    },
    name="AccountStatus",
)
gql_enum(
    TransactionType,
    "What a movement on an account was for.",
    {
        "DEPOSIT": "Money that the customer put in.",
        "PURCHASE": "Tickets that a sales platform sold.",
        "REFUND": "A purchase's money that came back.",
        "PAYOUT": "A prize that was won.",
        "WITHDRAWAL": "Money on its way to the customer's bank card.",
        "WITHDRAWAL_RETURN": "A withdrawal's money that came back.",
    },
)
gql_enum(
    TransactionState,
    "How far a transaction has come.",
    {
        "PENDING": "Under way: a ticket is not confirmed yet, or the bank has not paid.",
        "COMPLETED": "Everything is as it should be.",
        "PARTLY_REFUNDED": "Part of it came back.",
        "REFUNDED": "All of it came back.",
    },
)
gql_enum(
    DepositState,
    "How far a deposit has come at the bank.",
    {
        "REQUESTED": "The bank was asked; the money is not there yet.",
        "SETTLED": "The money is on the account.",
        "REFUSED": "The bank said no.",
        "REVERSED": "The bank took it back later.",
    },
)

gql_enum(
    PendingBusiness,
    "What keeps an account from being closed: money may still come or go because of it.",
    {
        "DEPOSITS": "A deposit that the bank has not settled.",
        "HOLDS": "Money that is set aside.",
        "PRIZES": "A prize that can still be claimed.",
        "TICKETS": "A ticket that waits for its serial, or for its draw to be published.",
        "WITHDRAWALS": "A withdrawal that the bank has not settled.",
    },
)
gql_enum(
    BlockKind,
    "What blocks an account, which is also who may lift it.",
    {
        "LOST": "A report of loss, lifted when the holder has been verified again.",
        "BY_HOLDER": "The holder's own freeze, lifted by the holder.",
        "BY_OPERATOR": "The house's freeze, lifted by the house.",
    },
)

FILTER_LISTS_MAX = 10


@gql_type
class Block:
    """Something that keeps money from leaving an account, or kept it."""

    kind: BlockKind = strawberry.field(description="What it is, and so who may lift it.")
    placed_at: Moment = strawberry.field(description="Since when it blocks.")
    lifted_at: Moment | None = strawberry.field(
        description="When it was lifted; null while it stands."
    )


@gql_type
class Profile:
    """Who holds an account, masked. Where the house cannot read something any more, it is null."""

    holder_name: str | None = strawberry.field(
        description='The first and the last character of the holder\'s name, such as "王*明".'
    )
    identity_kind: IdentityKind = strawberry.field(
        description="The document by which the holder said who they are."
    )
    identity_number: str | None = strawberry.field(
        description='The ends of the document\'s number, such as "1101**********123X".'
    )
    phone: str | None = strawberry.field(
        description='The holder\'s phone number, such as "+86138****0000".'
    )
    is_readable: bool = strawberry.field(
        description="False where data keys are missing, so that something here is null."
    )


@gql_input
class TransactionFilter:
    """Which transactions: all conditions that are given must hold."""

    types: list[TransactionType] | None = strawberry.field(
        default=None, description="Of one of these types, at most 10."
    )
    states: list[TransactionState] | None = strawberry.field(
        default=None, description="In one of these states, at most 10."
    )
    from_: Moment | None = strawberry.field(
        default=None, name="from", description="At this moment or later."
    )
    to: Moment | None = strawberry.field(default=None, description="Before this moment.")
    min_amount: MoneyAmount | None = strawberry.field(
        default=None,
        description="At least this much in the account's currency, whichever way it moved.",
    )
    max_amount: MoneyAmount | None = strawberry.field(
        default=None,
        description="At most this much in the account's currency, whichever way it moved.",
    )

    def read(self, reading: Reading, currency: str) -> TransactionCriteria:
        """Return what is asked for."""

        def minor(amount: MoneyAmount | None, field: str) -> int | None:
            if amount is None:
                return None
            return reading.amount(amount, currency, f"filter.{field}", positive=False)

        return TransactionCriteria(
            types=reading.items(self.types or [], "filter.types", FILTER_LISTS_MAX, 0),
            states=reading.items(self.states or [], "filter.states", FILTER_LISTS_MAX, 0),
            since=None if self.from_ is None else reading.time(self.from_, "filter.from"),
            until=None if self.to is None else reading.time(self.to, "filter.to"),
            minimum_minor=minor(self.min_amount, "minAmount"),
            maximum_minor=minor(self.max_amount, "maxAmount"),
        )


FilterArgument = Annotated[
    TransactionFilter | None,
    strawberry.argument(name="filter", description="Which of them; all, when left out."),
]


@gql_type
class Transaction(Node):
    """A movement on an account, as its holder sees it."""

    KIND: ClassVar[NodeKind] = NodeKind.TRANSACTION
    ticket_rows: strawberry.Private[Sequence[Row] | None] = None

    @gql_field
    def number(self) -> int:
        """Its number on the account: the first movement has 1, and none is left out."""
        return int(self.row["number"])

    @gql_field
    def type(self) -> TransactionType:
        """What it was for."""
        return TransactionType(self.row["type"])

    @gql_field
    def state(self) -> TransactionState:
        """How far it has come."""
        return TransactionState(self.row["state"])

    @gql_field
    def amount(self) -> Money:
        """What it changed the balance by: below zero when money left the account."""
        return money(self.row["amount_minor"], self.row["currency"])

    @gql_field
    def refunded(self) -> Money:
        """How much of it came back, or was taken back, by now."""
        return money(self.row["refunded_minor"], self.row["currency"])

    @gql_field
    def balance_after(self, info: Info) -> Money | None:
        """The account's balance after it; null for a partner, whom it does not concern."""
        after_minor = self.row["balance_after_minor"]
        if after_minor is None or not info.context.sees_customers_balances:
            return None
        return money(after_minor, self.row["currency"])

    @gql_field
    def reference(self) -> str | None:
        """The sales platform's own order reference of a purchase."""
        reference: str | None = self.row["reference"]
        return reference

    @gql_field
    def at(self) -> Moment:
        """When it was booked."""
        return moment(self.row["at"])

    @gql_field
    def account_id(self) -> strawberry.ID:
        """The account that it moved."""
        return encode(NodeKind.ACCOUNT, self.row["account_id"])

    @gql_field
    async def account(self, info: Info) -> "Account | None":
        """That account, where you may see it."""
        return await fetch(info.context, Account, self.row["account_id"])

    @gql_field
    async def partner(self, info: Info) -> Partner | None:
        """The partner on the other side, where there is one."""
        return await fetch(info.context, Partner, self.row["partner_id"])

    @gql_field
    async def original(self, info: Info) -> "Transaction | None":
        """The transaction that this one gave back, or took back."""
        return await fetch(info.context, Transaction, self.row["original_id"])

    @gql_field
    async def tickets(self, info: Info) -> list[Ticket]:
        """The tickets of a purchase, at most 50; of anything else there are none."""
        rows = self.ticket_rows
        if rows is None:
            if self.row["type"] != TransactionType.PURCHASE:
                return []
            rows = await info.context.reads.tickets(uuid_of(self.row["id"]))
        return [Ticket(row=row, currency_code=self.row["currency"]) for row in rows]


@gql_type
class Account(Node):
    """A customer's fund account, whose money pays for lottery tickets only."""

    KIND: ClassVar[NodeKind] = NodeKind.ACCOUNT

    @gql_field
    def number(self) -> str:
        """The account's number, for people."""
        return str(self.row["number"])

    @gql_field
    def currency(self) -> str:
        """Its ISO 4217 code."""
        return str(self.row["currency"])

    @gql_field
    async def balance(self, info: Info) -> Money | None:
        """What is booked on it, held money included."""
        wallet = await self._wallet(info)
        return None if wallet is None else money(wallet["balance_minor"], wallet["currency"])

    @gql_field
    async def balance_at(
        self,
        info: Info,
        moment: Annotated[Moment, strawberry.argument(description="A moment of the past.")],
    ) -> Money | None:
        """What was booked on it at a moment of the past."""
        at = info.context.reading.time(moment, "moment")
        held_minor = await info.context.reads.balance_at(uuid_of(self.row["id"]), at)
        return None if held_minor is None else money(held_minor, self.row["currency"])

    @gql_field
    async def held(self, info: Info) -> Money | None:
        """What is set aside for something under way."""
        wallet = await self._wallet(info)
        return None if wallet is None else money(wallet["held_minor"], wallet["currency"])

    @gql_field
    async def available(self, info: Info) -> Money | None:
        """What can be spent: the balance less what is held."""
        wallet = await self._wallet(info)
        if wallet is None:
            return None
        return money(wallet["balance_minor"] - wallet["held_minor"], wallet["currency"])

    @gql_field
    async def status(self, info: Info) -> WalletStatus | None:
        """Whether money may leave it."""
        wallet = await self._wallet(info)
        return None if wallet is None else WalletStatus(wallet["status"])

    @gql_field
    async def profile(self, info: Info) -> Profile | None:
        """Who holds it, where you may see that."""
        shown = await info.context.reads.profile(uuid_of(self.row["id"]))
        if shown is None:
            return None
        return Profile(
            holder_name=shown.name,
            identity_kind=shown.identity_kind,
            identity_number=shown.identity_number,
            phone=shown.phone,
            is_readable=shown.is_readable,
        )

    @gql_field
    def opened_at(self) -> Moment:
        """When it was opened."""
        return moment(self.row["opened_at"])

    @gql_field
    def closed_at(self) -> Moment | None:
        """When it was closed; null while it is not."""
        return moment_or_none(self.row["closed_at"])

    @gql_field
    async def blocks(self, info: Info, first: First = 20, after: After = None) -> Connection[Block]:
        """What blocks it or has blocked it, newest first. It is open when none of them stands."""
        page = info.context.reading.page("block", first, after, uuid_of)
        rows = await info.context.reads.blocks(uuid_of(self.row["id"]), page)
        return connect(rows, page, _block)

    @gql_field
    async def transactions(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        only: FilterArgument = None,
    ) -> Connection[Transaction]:
        """Everything that moved on it, newest first."""
        context = info.context
        criteria = (
            TransactionCriteria()
            if only is None
            else only.read(context.reading, str(self.row["currency"]))
        )
        return await self._movements(info, first, after, criteria)

    @gql_field
    async def purchases(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Transaction]:
        """The ticket purchases on it, newest first."""
        criteria = TransactionCriteria(types=(TransactionType.PURCHASE,))
        return await self._movements(info, first, after, criteria)

    @gql_field
    async def payouts(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[WinningTicket]:
        """The winning tickets bought from it, newest first, each paid or not yet."""
        page = info.context.reading.page("payout", first, after, uuid_of)
        rows = await info.context.reads.payouts(uuid_of(self.row["id"]), page)
        return connect(rows, page, lambda row: WinningTicket(row=row))

    @gql_field
    async def withdrawals(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Withdrawal]:
        """What was withdrawn from it, newest first."""
        page = info.context.reading.page("withdrawal", first, after, uuid_of)
        rows = await info.context.reads.withdrawals(uuid_of(self.row["id"]), page)
        return connect(rows, page, lambda row: Withdrawal(row=row))

    @gql_field
    async def mandates(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Mandate]:
        """The payment mandates on it, newest first: at most one for each sales platform."""
        page = info.context.reading.page("mandate", first, after, uuid_of)
        rows = await info.context.reads.mandates(uuid_of(self.row["id"]), page)
        return connect(rows, page, lambda row: Mandate(row=row))

    @gql_field
    async def self_limits(self, info: Info) -> list[SelfLimit]:
        """The limits that its holder has set, at most one of each kind."""
        rows = await info.context.reads.self_limits(uuid_of(self.row["id"]))
        currency = str(self.row["currency"])
        return [self_limit(row, row["used_minor"], currency) for row in rows]

    @gql_field
    async def excluded_until(self, info: Info) -> Moment | None:
        """Until when its holder is excluded from the game; null when they are not."""
        until = await info.context.reads.excluded_until(uuid_of(self.row["id"]))
        return None if until is None else moment(until)

    async def _wallet(self, info: Info) -> Row | None:
        return await info.context.reads.balance(uuid_of(self.row["id"]))

    async def _movements(
        self, info: Info, first: int, after: str | None, criteria: TransactionCriteria
    ) -> Connection[Transaction]:
        page = info.context.reading.page("transaction", first, after, ordinal)
        rows = await info.context.reads.transactions(uuid_of(self.row["id"]), page, criteria)
        return connect(rows, page, lambda row: Transaction(row=row), "number")


def _block(row: Row) -> Block:
    return Block(
        kind=BlockKind(row["kind"]),
        placed_at=moment(row["placed_at"]),
        lifted_at=moment_or_none(row["lifted_at"]),
    )


@gql_type
class Deposit(Node):
    """Money asked from the bank for an account."""

    KIND: ClassVar[NodeKind] = NodeKind.DEPOSIT

    @gql_field
    def amount(self) -> Money:
        """How much."""
        return money(self.row["amount_minor"], self.row["currency"])

    @gql_field
    def state(self) -> DepositState:
        """How far it has come."""
        return DepositState(self.row["state"])

    @gql_field
    def reason(self) -> str | None:
        """Why the bank said no, in its own words."""
        reason: str | None = self.row["reason"]
        return reason

    @gql_field
    def requested_at(self) -> Moment:
        """When the bank was asked."""
        return moment(self.row["requested_at"])

    @gql_field
    async def card(self, info: Info) -> BankCard | None:
        """The bound card that it comes from, where it is from one."""
        return await fetch(info.context, BankCard, self.row.get("card_id"))

    @gql_field
    async def account(self, info: Info) -> Account | None:
        """The account that it is for."""
        return await fetch(info.context, Account, self.row["account_id"])

    @gql_field
    async def transaction(self, info: Info) -> Transaction | None:
        """The transaction that booked it; null until it is settled."""
        return await fetch(info.context, Transaction, self.row["transaction_id"])
