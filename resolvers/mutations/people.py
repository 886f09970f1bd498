"""Signing up, in and out."""

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.people import (
    SignInInput,
    SignInResult,
    SignInSuccess,
    SignOutResult,
    SignOutSuccess,
    SignUpInput,
    SignUpResult,
    SignUpSuccess,
)
from graphql_schema.people import Customer
from graphql_schema.reading import EMAIL_MAX, PASSWORD_MAX
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind, encode
from graphql_schema.scalars import moment
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.actors import ActorKind
from services.people.sign_in import sign_in as start_session
from services.people.sign_out import sign_out as end_session
from services.people.sign_up import SignUp
from services.people.sign_up import sign_up as make_customer

_NODES = {
    ActorKind.CUSTOMER: NodeKind.CUSTOMER,
    ActorKind.OPERATOR: NodeKind.STAFF_MEMBER,
    ActorKind.SUPERVISOR: NodeKind.STAFF_MEMBER,
}


@gql_mutation
async def sign_up(info: Info, given: Input[SignUpInput]) -> SignUpResult | None:
    """Become a customer."""
    context = info.context
    request = SignUp(
        key=context.reading.key(given.idempotency_key),
        email=context.reading.email(given.email),
        password=context.reading.password(given.password),
    )
    return await carry_out(
        context,
        make_customer(context.house, request),
        lambda answered: SignUpSuccess(
            customer=Customer(row=answered.body["customer"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def sign_in(info: Info, given: Input[SignInInput]) -> SignInResult | None:
    """Sign in with a password, for a short while: as a customer, unless you say otherwise."""
    context = info.context
    email = context.reading.text(given.email, "email", EMAIL_MAX)
    if len(given.password) > PASSWORD_MAX:
        context.reading.refuse("password", "TOO_LONG", maximum=PASSWORD_MAX)
    return await carry_out(
        context,
        start_session(context.house, email, given.password, ActorKind(given.as_.value)),
        lambda signed_in: SignInSuccess(
            token=signed_in.token,
            expires_at=moment(signed_in.expires_at),
            person_id=encode(_NODES[signed_in.person_kind], signed_in.person_id),
            replayed=False,
        ),
        PLAIN,
    )


@gql_mutation
async def sign_out(info: Info) -> SignOutResult | None:
    """End the session that you are signed in with."""
    context = info.context
    return await carry_out(
        context,
        end_session(context.house, context.actor),
        lambda _: SignOutSuccess(replayed=False),
        PLAIN,
    )


MUTATIONS = [sign_up, sign_in, sign_out]
