"""Signing up, in and out; sessions, passwords and the e-mail address."""

from enum import StrEnum
from typing import Annotated

import strawberry

from graphql_schema.describe import gql_enum, gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.people import Customer
from graphql_schema.refusals import PlainRefusal, Throttled
from graphql_schema.scalars import Moment


@gql_input
class SignUpInput(KeyedInput):
    """What a new customer gives."""

    email: str = strawberry.field(description="The e-mail address, at most 254 characters.")
    password: str = strawberry.field(description="A new password of 10 to 128 characters.")


@gql_type
class SignUpSuccess(Success):
    """The customer can sign in now. A code that proves the address was mailed to it."""

    customer: Customer = strawberry.field(description="The new customer.")


SignUpResult = Annotated[
    SignUpSuccess | PlainRefusal | Throttled,
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
    refresh_token: str = strawberry.field(
        description="What the next access token is had with, once. Shown only here: keep it safe."
    )
    session_expires_at: Moment = strawberry.field(
        description="Until when the refresh token is good."
    )
    person_id: strawberry.ID = strawberry.field(
        description="Who signed in: a customer, or a member of the staff."
    )


SignInResult = Annotated[
    SignInSuccess | PlainRefusal | Throttled,
    strawberry.union("SignInResult", description="What became of `signIn`."),
]


@gql_type
class SignOutSuccess(Success):
    """The session and its token have ended."""


SignOutResult = Annotated[
    SignOutSuccess | PlainRefusal,
    strawberry.union("SignOutResult", description="What became of `signOut`."),
]


@gql_input
class RefreshSessionInput(KeyedInput):
    """What the next access token is had with.

    Ask one request at a time: a refresh token that comes a second time ends the session, unless
    it is the same request again, with the same key, within a minute.
    """

    refresh_token: str = strawberry.field(description="The newest refresh token.")


@gql_type
class RefreshSessionSuccess(Success):
    """The session goes on with these: those of before are dead."""

    token: str = strawberry.field(description="The access token, shown only here.")
    expires_at: Moment = strawberry.field(description="Until when the token is good.")
    refresh_token: str = strawberry.field(
        description="What the next access token is had with, once. Shown only here: keep it safe."
    )
    session_expires_at: Moment = strawberry.field(
        description="Until when the refresh token is good."
    )


RefreshSessionResult = Annotated[
    RefreshSessionSuccess | PlainRefusal | Throttled,
    strawberry.union("RefreshSessionResult", description="What became of `refreshSession`."),
]


@gql_input
class SignOutEverywhereInput(KeyedInput):
    """Which sessions end."""

    but_this: bool = strawberry.field(
        default=False, description="Whether the session that you ask with goes on."
    )


@gql_type
class SignOutEverywhereSuccess(Success):
    """The sessions and all their tokens have ended."""


SignOutEverywhereResult = Annotated[
    SignOutEverywhereSuccess | PlainRefusal,
    strawberry.union("SignOutEverywhereResult", description="What became of `signOutEverywhere`."),
]


@gql_input
class EndSessionInput(KeyedInput):
    """Which session ends."""

    session_id: strawberry.ID = strawberry.field(description="One of yours.")


@gql_type
class EndSessionSuccess(Success):
    """The session and its tokens have ended."""


EndSessionResult = Annotated[
    EndSessionSuccess | PlainRefusal,
    strawberry.union("EndSessionResult", description="What became of `endSession`."),
]


@gql_input
class ChangePasswordInput(KeyedInput):
    """The present password, and the new one."""

    current_password: str = strawberry.field(description="The present password.")
    new_password: str = strawberry.field(description="A new password of 10 to 128 characters.")


@gql_type
class ChangePasswordSuccess(Success):
    """The new password holds. All other sessions have ended."""


ChangePasswordResult = Annotated[
    ChangePasswordSuccess | PlainRefusal | Throttled,
    strawberry.union("ChangePasswordResult", description="What became of `changePassword`."),
]


@gql_input
class RequestPasswordResetInput(KeyedInput):
    """Who forgot the password."""

    email: str = strawberry.field(description="The e-mail address.")
    as_: SignInAs = strawberry.field(
        default=SignInAs.CUSTOMER, name="as", description="As what you sign in."
    )


@gql_type
class RequestPasswordResetSuccess(Success):
    """If there is such a person, who has proved the address, a code is on its way to it."""

    recovery_id: str = strawberry.field(
        description="Give it back with the code, which is good with it alone."
    )


RequestPasswordResetResult = Annotated[
    RequestPasswordResetSuccess | PlainRefusal | Throttled,
    strawberry.union(
        "RequestPasswordResetResult", description="What became of `requestPasswordReset`."
    ),
]


@gql_input
class ResetPasswordInput(KeyedInput):
    """The mailed code, and the new password."""

    recovery_id: str = strawberry.field(description="Of `requestPasswordReset`.")
    code: str = strawberry.field(description="The code that was mailed; few guesses are taken.")
    new_password: str = strawberry.field(description="A new password of 10 to 128 characters.")


@gql_type
class ResetPasswordSuccess(Success):
    """The new password holds, all sessions have ended, and you are signed in with a new one."""

    token: str | None = strawberry.field(
        description="The access token, shown only here; null in an answer that is given again."
    )
    expires_at: Moment | None = strawberry.field(description="Until when the token is good.")
    refresh_token: str | None = strawberry.field(
        description="What the next access token is had with, once; null as the token is."
    )
    session_expires_at: Moment | None = strawberry.field(
        description="Until when the refresh token is good."
    )


ResetPasswordResult = Annotated[
    ResetPasswordSuccess | PlainRefusal | Throttled,
    strawberry.union("ResetPasswordResult", description="What became of `resetPassword`."),
]


@gql_input
class RequestEmailVerificationInput(KeyedInput):
    """Another code, if the one of the sign-up did not arrive in time."""


@gql_type
class RequestEmailVerificationSuccess(Success):
    """A code is on its way."""


RequestEmailVerificationResult = Annotated[
    RequestEmailVerificationSuccess | PlainRefusal | Throttled,
    strawberry.union(
        "RequestEmailVerificationResult", description="What became of `requestEmailVerification`."
    ),
]


@gql_input
class VerifyEmailInput(KeyedInput):
    """The code that was mailed last."""

    code: str = strawberry.field(description="The code; few guesses are taken.")


@gql_type
class VerifyEmailSuccess(Success):
    """The address is yours: a forgotten password can be set anew through it."""

    customer: Customer = strawberry.field(description="You.")


VerifyEmailResult = Annotated[
    VerifyEmailSuccess | PlainRefusal | Throttled,
    strawberry.union("VerifyEmailResult", description="What became of `verifyEmail`."),
]
