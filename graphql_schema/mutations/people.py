"""Signing up, in and out."""

from enum import StrEnum
from typing import Annotated

import strawberry

from graphql_schema.describe import gql_enum, gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.people import Customer
from graphql_schema.refusals import PlainRefusal
from graphql_schema.scalars import Moment


@gql_input
class SignUpInput(KeyedInput):
    """What a new customer gives."""

    email: str = strawberry.field(description="The e-mail address, at most 254 characters.")
    password: str = strawberry.field(description="A new password of 10 to 128 characters.")


@gql_type
class SignUpSuccess(Success):
    """The customer can sign in now."""

    customer: Customer = strawberry.field(description="The new customer.")


SignUpResult = Annotated[
    SignUpSuccess | PlainRefusal,
    strawberry.union("SignUpResult", description="What became of `signUp`."),
]


class SignInAs(StrEnum):
    """The kinds of people who sign in with a password."""

    CUSTOMER = "CUSTOMER"
    OPERATOR = "OPERATOR"
    SUPERVISOR = "SUPERVISOR"


gql_enum(
    SignInAs,
    "As what a person signs in.",
    {
        "CUSTOMER": "As a customer, who has accounts.",
        "OPERATOR": "As an operator of the house.",
        "SUPERVISOR": "As a supervisor of the house.",
    },
)


@gql_input
class SignInInput:
    """What a person signs in with."""

    email: str = strawberry.field(description="The e-mail address.")
    password: str = strawberry.field(description="The password.")
    as_: SignInAs = strawberry.field(
        default=SignInAs.CUSTOMER, name="as", description="As what you sign in."
    )


@gql_type
class SignInSuccess(Success):
    """You are signed in: send `Authorization: Bearer` with the token."""

    token: str = strawberry.field(description="The access token, shown only here.")
    expires_at: Moment = strawberry.field(description="Until when the token is good.")
    person_id: strawberry.ID = strawberry.field(
        description="Who signed in: a customer, or a member of the staff."
    )


SignInResult = Annotated[
    SignInSuccess | PlainRefusal,
    strawberry.union("SignInResult", description="What became of `signIn`."),
]


@gql_type
class SignOutSuccess(Success):
    """The session and its token have ended."""


SignOutResult = Annotated[
    SignOutSuccess | PlainRefusal,
    strawberry.union("SignOutResult", description="What became of `signOut`."),
]
