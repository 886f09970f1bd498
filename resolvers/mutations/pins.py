"""The payment PIN, and stepping up with it."""

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.pins import (
    ChangePaymentPinInput,
    ChangePaymentPinResult,
    ChangePaymentPinSuccess,
    RequestPaymentPinResetInput,
    RequestPaymentPinResetResult,
    RequestPaymentPinResetSuccess,
    ResetPaymentPinInput,
    ResetPaymentPinResult,
    ResetPaymentPinSuccess,
    SetPaymentPinInput,
    SetPaymentPinResult,
    SetPaymentPinSuccess,
    StepUpInput,
    StepUpResult,
    StepUpSuccess,
)
from graphql_schema.refusals import THROTTLED
from graphql_schema.scalars import moment
from resolvers.bounds import CODE_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.people.change_payment_pin import PinChange
from services.people.change_payment_pin import change_payment_pin as change
from services.people.request_payment_pin_reset import request_payment_pin_reset as request_reset
from services.people.reset_payment_pin import PinReset
from services.people.reset_payment_pin import reset_payment_pin as reset
from services.people.set_payment_pin import FirstPin
from services.people.set_payment_pin import set_payment_pin as set_first
from services.people.step_up import step_up as give_pin


@gql_mutation
async def set_payment_pin(
    info: Info, given: Input[SetPaymentPinInput]
) -> SetPaymentPinResult | None:
    """Set your first payment PIN. For customers."""
    context = info.context
    reading = context.reading
    first = FirstPin(
        key=reading.key(given.idempotency_key),
        password=reading.given_password(given.password, "password"),
        pin=reading.pin(given.pin, "pin"),
    )
    return await carry_out(
        context,
        set_first(context.house, context.actor, first, context.origin),
        lambda answered: SetPaymentPinSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def change_payment_pin(
    info: Info, given: Input[ChangePaymentPinInput]
) -> ChangePaymentPinResult | None:
    """Set another payment PIN in place of the present one. For customers."""
    context = info.context
    reading = context.reading
    pins = PinChange(
        key=reading.key(given.idempotency_key),
        present=reading.pin(given.current_pin, "currentPin"),
        new=reading.pin(given.new_pin, "newPin"),
    )
    return await carry_out(
        context,
        change(context.house, context.actor, pins, context.origin),
        lambda answered: ChangePaymentPinSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def request_payment_pin_reset(
    info: Info, given: Input[RequestPaymentPinResetInput]
) -> RequestPaymentPinResetResult | None:
    """Have a code mailed to set a new payment PIN with. For customers with a verified address."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    return await carry_out(
        context,
        request_reset(context.house, context.actor, key, context.origin),
        lambda answered: RequestPaymentPinResetSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def reset_payment_pin(
    info: Info, given: Input[ResetPaymentPinInput]
) -> ResetPaymentPinResult | None:
    """Set a new payment PIN with a mailed code and your password. For customers."""
    context = info.context
    reading = context.reading
    pins = PinReset(
        key=reading.key(given.idempotency_key),
        code=reading.text(given.code, "code", CODE_MAX),
        password=reading.given_password(given.password, "password"),
        new=reading.pin(given.new_pin, "newPin"),
    )
    return await carry_out(
        context,
        reset(context.house, context.actor, pins, context.origin),
        lambda answered: ResetPaymentPinSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def step_up(info: Info, given: Input[StepUpInput]) -> StepUpResult | None:
    """Prove with the payment PIN who you are, for STEP_UP_S of this session. For customers."""
    context = info.context
    pin = context.reading.pin(given.pin, "pin")
    return await carry_out(
        context,
        give_pin(context.house, context.actor, pin, context.origin),
        lambda until: StepUpSuccess(until=moment(until), replayed=False),
        THROTTLED,
    )


MUTATIONS = [
    set_payment_pin,
    change_payment_pin,
    request_payment_pin_reset,
    reset_payment_pin,
    step_up,
]
