"""Opening, filling and blocking accounts."""

from typing import Annotated

import strawberry

from graphql_schema.accounts import Account, Deposit, Transaction
from graphql_schema.describe import gql_input, gql_type
from graphql_schema.money import Money, MoneyInput
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import (
    AccountExists,
    BankRefused,
    PlainRefusal,
    RefusalSet,
    SelfExcluded,
    SelfLimitExceeded,
)
from models.kinds import IdentityKind, WalletStatus


@gql_input
class OpenAccountInput(KeyedInput):
    """The opening data of a fund account."""

    currency: str = strawberry.field(
        description='ISO 4217 code, such as "CNY": one account for each.'
    )
    holder_name: str = strawberry.field(
        description="The holder's name as the document says it, at most 80 characters."
    )
    identity_kind: IdentityKind = strawberry.field(
        description="The document that says who the holder is."
    )
    identity_number: str = strawberry.field(
        description="The document's number, at most 30 characters."
    )
    birth_date: str | None = strawberry.field(
        default=None,
        description=(
            "The holder's date of birth, such as \"1990-03-07\", where the document's number "
            "does not tell it."
        ),
    )
    issuing_country: str | None = strawberry.field(
        default=None,
        description='Of a passport: the country that issued it, by ISO 3166, such as "FRA".',
    )
    phone: str = strawberry.field(
        description="The holder's phone number, at most 20 characters; +86 need not be named."
    )


@gql_type
class OpenAccountSuccess(Success):
    """The account is open and may be used at once."""

    account: Account = strawberry.field(description="The new account.")
    available: Money = strawberry.field(description="What can be spent from it.")


OPEN_ACCOUNT: RefusalSet[PlainRefusal | AccountExists] = RefusalSet((PlainRefusal, AccountExists))
OpenAccountResult = Annotated[
    OpenAccountSuccess | PlainRefusal | AccountExists,
    strawberry.union("OpenAccountResult", description="What became of `openAccount`."),
]


@gql_input
class DepositInput(KeyedInput):
    """Money that goes into an account."""

    account_id: strawberry.ID = strawberry.field(description="Your account.")
    amount: MoneyInput = strawberry.field(description="How much, in the account's currency.")
    card_id: strawberry.ID | None = strawberry.field(
        default=None,
        description=(
            "Your bound card that it comes from; left out, your only one, or, where the house's "
            "bank does without cards and you have none, from wherever the bank knows you."
        ),
    )


@gql_type
class DepositSuccess(Success):
    """The bank was asked for the money: it is on the account, or will be.

    Asked again with the same key, it tells how the deposit stands by then.
    """

    deposit: Deposit = strawberry.field(description="The deposit, and how far it has come.")
    transaction: Transaction | None = strawberry.field(
        description=(
            "The transaction that booked it; null until it is settled, and when the answer is so "
            "old that it was removed."
        )
    )
    available: Money | None = strawberry.field(
        description="What could be spent after it; null like the transaction."
    )


DepositRefusal = PlainRefusal | BankRefused | SelfLimitExceeded | SelfExcluded
DEPOSIT: RefusalSet[DepositRefusal] = RefusalSet(
    (PlainRefusal, BankRefused, SelfLimitExceeded, SelfExcluded)
)
DepositResult = Annotated[
    DepositSuccess | PlainRefusal | BankRefused | SelfLimitExceeded | SelfExcluded,
    strawberry.union("DepositResult", description="What became of `deposit`."),
]


@gql_input
class FreezeAccountInput(KeyedInput):
    """An account that no money shall leave."""

    account_id: strawberry.ID = strawberry.field(description="The account.")
    reason: str | None = strawberry.field(
        default=None, description="Why, at most 200 characters: kept in the audit log."
    )


@gql_type
class FreezeAccountSuccess(Success):
    """No money leaves the account any more; what arrives still arrives."""

    account: Account = strawberry.field(description="The account.")
    status: WalletStatus = strawberry.field(description="How it stood after it.")


FreezeAccountResult = Annotated[
    FreezeAccountSuccess | PlainRefusal,
    strawberry.union("FreezeAccountResult", description="What became of `freezeAccount`."),
]


@gql_input
class UnfreezeAccountInput(KeyedInput):
    """An account that money may leave again."""

    account_id: strawberry.ID = strawberry.field(description="The account.")
    reason: str | None = strawberry.field(
        default=None, description="Why, at most 200 characters: kept in the audit log."
    )


@gql_type
class UnfreezeAccountSuccess(Success):
    """The freeze stands no more. Money may leave the account if nothing else blocks it."""

    account: Account = strawberry.field(description="The account.")
    status: WalletStatus = strawberry.field(description="How it stood after it.")


UnfreezeAccountResult = Annotated[
    UnfreezeAccountSuccess | PlainRefusal,
    strawberry.union("UnfreezeAccountResult", description="What became of `unfreezeAccount`."),
]


@gql_input
class ReportLostInput(KeyedInput):
    """An account that somebody else may have got hold of."""

    account_id: strawberry.ID = strawberry.field(description="The account.")
    reason: str | None = strawberry.field(
        default=None, description="What happened, at most 200 characters: kept in the audit log."
    )


@gql_type
class ReportLostSuccess(Success):
    """No money leaves the account any more; what arrives still arrives."""

    account: Account = strawberry.field(description="The account.")
    status: WalletStatus = strawberry.field(description="How it stood after it.")


ReportLostResult = Annotated[
    ReportLostSuccess | PlainRefusal,
    strawberry.union("ReportLostResult", description="What became of `reportLost`."),
]


@gql_input
class LiftLostReportInput(KeyedInput):
    """An account that its holder has in hand again."""

    account_id: strawberry.ID = strawberry.field(description="The account.")
    identity_number: str | None = strawberry.field(
        default=None,
        description=(
            "From the holder: the number of the document that the account was opened with, at "
            "most 30 characters."
        ),
    )
    reason: str | None = strawberry.field(
        default=None,
        description=(
            "From an operator: which documents were checked, at most 200 characters, for the "
            "audit log."
        ),
    )


@gql_type
class LiftLostReportSuccess(Success):
    """The report of loss stands no more. A freeze that stood beside it still does."""

    account: Account = strawberry.field(description="The account.")
    status: WalletStatus = strawberry.field(description="How it stood after it.")


LiftLostReportResult = Annotated[
    LiftLostReportSuccess | PlainRefusal,
    strawberry.union("LiftLostReportResult", description="What became of `liftLostReport`."),
]


@gql_input
class RevealProfileInput:
    """Whose personal data is to be shown, and why. Each time is written down."""

    account_id: strawberry.ID = strawberry.field(description="The account.")
    reason: str = strawberry.field(
        description="Why you need it, at most 200 characters, for the audit log."
    )


@gql_type
class RevealProfileSuccess(Success):
    """Who holds the account, in the clear. It is in the audit log that you have seen it."""

    holder_name: str = strawberry.field(description="The holder's name.")
    identity_kind: IdentityKind = strawberry.field(description="The document.")
    identity_number: str = strawberry.field(description="The document's number.")
    issuing_country: str | None = strawberry.field(
        description="The country that issued it, of a passport."
    )
    birth_date: str = strawberry.field(description='The date of birth, such as "1990-03-07".')
    phone: str = strawberry.field(description="The phone number.")


RevealProfileResult = Annotated[
    RevealProfileSuccess | PlainRefusal,
    strawberry.union("RevealProfileResult", description="What became of `revealProfile`."),
]
