"""Binding cards, taking money out, and settling what waits in suspense."""

from typing import Annotated

import strawberry

from graphql_schema.accounts import Account, Transaction
from graphql_schema.banking import BankCard, SuspenseItem, Withdrawal
from graphql_schema.describe import gql_input, gql_type
from graphql_schema.money import MoneyInput
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import (
    AccountBlocked,
    AccountBusy,
    InsufficientFunds,
    LimitExceeded,
    PlainRefusal,
    RefusalSet,
)
from models.kinds import WalletStatus


@gql_input
class BindCardInput(KeyedInput):
    """A bank card of your own."""

    number: str = strawberry.field(
        description="Its number, 12 to 19 digits; spaces and hyphens do not matter."
    )
    holder_name: str = strawberry.field(
        description="The name on it, at most 80 characters: that of your account."
    )


@gql_type
class BindCardSuccess(Success):
    """The card is bound."""

    card: BankCard = strawberry.field(description="The card.")


BindCardResult = Annotated[
    BindCardSuccess | PlainRefusal,
    strawberry.union("BindCardResult", description="What became of `bindCard`."),
]


@gql_input
class UnbindCardInput(KeyedInput):
    """A bank card that shall be let go."""

    card_id: strawberry.ID = strawberry.field(description="Your bound card.")


@gql_type
class UnbindCardSuccess(Success):
    """The card is let go, and its number is forgotten."""

    card: BankCard = strawberry.field(description="What is left of it.")


UnbindCardResult = Annotated[
    UnbindCardSuccess | PlainRefusal,
    strawberry.union("UnbindCardResult", description="What became of `unbindCard`."),
]


@gql_input
class RequestWithdrawalInput(KeyedInput):
    """Money that goes from an account to a bank card."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    card_id: strawberry.ID = strawberry.field(description="Your bound card.")
    amount: MoneyInput = strawberry.field(description="How much, in the account's currency.")


@gql_type
class RequestWithdrawalSuccess(Success):
    """The money has left the account, and the bank will be told to pay it."""

    withdrawal: Withdrawal = strawberry.field(description="The withdrawal, as it was then.")
    transaction: Transaction = strawberry.field(
        description="The transaction that took the money out."
    )


REQUEST_WITHDRAWAL: RefusalSet[
    PlainRefusal | AccountBlocked | InsufficientFunds | LimitExceeded
] = RefusalSet((PlainRefusal, AccountBlocked, InsufficientFunds, LimitExceeded))
RequestWithdrawalResult = Annotated[
    RequestWithdrawalSuccess | PlainRefusal | AccountBlocked | InsufficientFunds | LimitExceeded,
    strawberry.union("RequestWithdrawalResult", description="What became of `requestWithdrawal`."),
]


@gql_input
class AttributeSuspenseInput(KeyedInput):
    """Whose the money is that waits in suspense."""

    suspense_item_id: strawberry.ID = strawberry.field(description="The money.")
    account_id: strawberry.ID = strawberry.field(description="The account that it was meant for.")
    reason: str = strawberry.field(description="How you know, at most 200 characters.")


@gql_type
class AttributeSuspenseSuccess(Success):
    """The money is on the account."""

    suspense_item: SuspenseItem = strawberry.field(description="The money.")
    transaction: Transaction = strawberry.field(description="The transaction that booked it.")


AttributeSuspenseResult = Annotated[
    AttributeSuspenseSuccess | PlainRefusal,
    strawberry.union("AttributeSuspenseResult", description="What became of `attributeSuspense`."),
]


@gql_input
class SendBackSuspenseInput(KeyedInput):
    """Money in suspense that goes back to its sender."""

    suspense_item_id: strawberry.ID = strawberry.field(description="The money.")
    reason: str = strawberry.field(description="Why, at most 200 characters.")


@gql_type
class SendBackSuspenseSuccess(Success):
    """The bank will be told to send the money back."""

    suspense_item: SuspenseItem = strawberry.field(description="The money.")


SendBackSuspenseResult = Annotated[
    SendBackSuspenseSuccess | PlainRefusal,
    strawberry.union("SendBackSuspenseResult", description="What became of `sendBackSuspense`."),
]


@gql_input
class CloseAccountInput(KeyedInput):
    """An account that is wanted no more."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    card_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Your bound card that gets what is left; needed when something is.",
    )


@gql_type
class CloseAccountSuccess(Success):
    """The account is closed, or will be when the bank has paid out what was left on it."""

    account: Account = strawberry.field(description="The account.")
    status: WalletStatus = strawberry.field(description="How it stood after it.")
    withdrawal: Withdrawal | None = strawberry.field(
        description="What was left, on its way to the card; null when there was nothing."
    )


CLOSE_ACCOUNT: RefusalSet[PlainRefusal | AccountBlocked | AccountBusy] = RefusalSet(
    (PlainRefusal, AccountBlocked, AccountBusy)
)
CloseAccountResult = Annotated[
    CloseAccountSuccess | PlainRefusal | AccountBlocked | AccountBusy,
    strawberry.union("CloseAccountResult", description="What became of `closeAccount`."),
]
