"""The payment PIN, and what it opens."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import PlainRefusal, Throttled
from graphql_schema.scalars import Moment


@gql_input
class SetPaymentPinInput(KeyedInput):
    """Your password, and your first payment PIN."""

    password: str = strawberry.field(description="The password that you sign in with.")
    pin: str = strawberry.field(
        description="Six digits, not a row of them, and not your date of birth."
    )


@gql_type
class SetPaymentPinSuccess(Success):
    """The payment PIN is set."""


SetPaymentPinResult = Annotated[
    SetPaymentPinSuccess | PlainRefusal | Throttled,
    strawberry.union("SetPaymentPinResult", description="What became of `setPaymentPin`."),
]


@gql_input
class ChangePaymentPinInput(KeyedInput):
    """The present payment PIN, and the new one."""

    current_pin: str = strawberry.field(description="The present PIN; few tries are taken.")
    new_pin: str = strawberry.field(
        description="Six digits, not a row of them, and not your date of birth."
    )


@gql_type
class ChangePaymentPinSuccess(Success):
    """The new payment PIN holds. Sessions that gave the one before must give it anew."""


ChangePaymentPinResult = Annotated[
    ChangePaymentPinSuccess | PlainRefusal | Throttled,
    strawberry.union("ChangePaymentPinResult", description="What became of `changePaymentPin`."),
]


@gql_input
class RequestPaymentPinResetInput(KeyedInput):
    """A code, for a payment PIN that was forgotten or is locked."""


@gql_type
class RequestPaymentPinResetSuccess(Success):
    """A code is on its way to your address."""


RequestPaymentPinResetResult = Annotated[
    RequestPaymentPinResetSuccess | PlainRefusal | Throttled,
    strawberry.union(
        "RequestPaymentPinResetResult", description="What became of `requestPaymentPinReset`."
    ),
]


@gql_input
class ResetPaymentPinInput(KeyedInput):
    """The mailed code, your password, and the new payment PIN."""

    code: str = strawberry.field(description="The code that was mailed last; few guesses.")
    password: str = strawberry.field(description="The password that you sign in with.")
    new_pin: str = strawberry.field(
        description="Six digits, not a row of them, and not your date of birth."
    )


@gql_type
class ResetPaymentPinSuccess(Success):
    """The new payment PIN holds, and is not locked."""


ResetPaymentPinResult = Annotated[
    ResetPaymentPinSuccess | PlainRefusal | Throttled,
    strawberry.union("ResetPaymentPinResult", description="What became of `resetPaymentPin`."),
]


@gql_input
class StepUpInput:
    """Your payment PIN."""

    pin: str = strawberry.field(description="The PIN; PIN_TRIES wrong ones lock it.")


@gql_type
class StepUpSuccess(Success):
    """This session may do what needs the payment PIN."""

    until: Moment = strawberry.field(description="Until when, unless it ends before.")


StepUpResult = Annotated[
    StepUpSuccess | PlainRefusal | Throttled,
    strawberry.union("StepUpResult", description="What became of `stepUp`."),
]
