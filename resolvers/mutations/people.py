"""Signing up, in and out; sessions, passwords and the e-mail address."""

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.people import (
    ChangePasswordInput,
    ChangePasswordResult,
    ChangePasswordSuccess,
    EndSessionInput,
    EndSessionResult,
    EndSessionSuccess,
    RefreshSessionInput,
    RefreshSessionResult,
    RefreshSessionSuccess,
    RequestEmailVerificationInput,
    RequestEmailVerificationResult,
    RequestEmailVerificationSuccess,
    RequestPasswordResetInput,
    RequestPasswordResetResult,
    RequestPasswordResetSuccess,
    ResetPasswordInput,
    ResetPasswordResult,
    ResetPasswordSuccess,
    SignInInput,
    SignInResult,
    SignInSuccess,
    SignOutEverywhereInput,
    SignOutEverywhereResult,
    SignOutEverywhereSuccess,
    SignOutResult,
    SignOutSuccess,
    SignUpInput,
    SignUpResult,
    SignUpSuccess,
    VerifyEmailInput,
    VerifyEmailResult,
    VerifyEmailSuccess,
)
from graphql_schema.people import Customer
from graphql_schema.reading import EMAIL_MAX
from graphql_schema.refusals import PLAIN, THROTTLED
from graphql_schema.relay import NodeKind, encode
from graphql_schema.scalars import moment
from resolvers.bounds import CODE_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.actors import ActorKind
from services.people.change_password import PasswordChange
from services.people.change_password import change_password as change_it
from services.people.end_session import end_session as end_one
from services.people.refresh_session import refresh_session as go_on
from services.people.request_email_verification import request_email_verification as mail_code
from services.people.request_password_reset import request_password_reset as request_reset
from services.people.reset_password import PasswordReset, Recovered
from services.people.reset_password import reset_password as reset_it
from services.people.sign_in import sign_in as start_session
from services.people.sign_out import sign_out as end_this
from services.people.sign_out_everywhere import sign_out_everywhere as end_all
from services.people.sign_up import SignUp
from services.people.sign_up import sign_up as make_customer
from services.people.verify_email import verify_email as prove_address

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
        make_customer(context.house, request, context.origin),
        lambda answered: SignUpSuccess(
            customer=Customer(row=answered.body["customer"]), replayed=answered.replayed
        ),
        THROTTLED,
    )


@gql_mutation
async def sign_in(info: Info, given: Input[SignInInput]) -> SignInResult | None:
    """Sign in with a password, for a short while: as a customer, unless you say otherwise."""
    context = info.context
    email = context.reading.text(given.email, "email", EMAIL_MAX)
    password = context.reading.given_password(given.password, "password")
    kind = ActorKind(given.as_.value)
    return await carry_out(
        context,
        start_session(context.house, email, password, kind, context.origin),
        lambda signed_in: SignInSuccess(
            token=signed_in.token,
            expires_at=moment(signed_in.expires_at),
            refresh_token=signed_in.refresh_token,
            session_expires_at=moment(signed_in.session_expires_at),
            person_id=encode(_NODES[signed_in.person_kind], signed_in.person_id),
            replayed=False,
        ),
        THROTTLED,
    )


@gql_mutation
async def refresh_session(
    info: Info, given: Input[RefreshSessionInput]
) -> RefreshSessionResult | None:
    """Go on with your session: the next access token, and the next refresh token."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    refresh_token = context.reading.text(given.refresh_token, "refreshToken", CODE_MAX)
    return await carry_out(
        context,
        go_on(context.house, refresh_token, key, context.origin),
        lambda signed_in: RefreshSessionSuccess(
            token=signed_in.token,
            expires_at=moment(signed_in.expires_at),
            refresh_token=signed_in.refresh_token,
            session_expires_at=moment(signed_in.session_expires_at),
            replayed=False,
        ),
        THROTTLED,
    )


@gql_mutation
async def sign_out(info: Info) -> SignOutResult | None:
    """End the session that you are signed in with."""
    context = info.context
    return await carry_out(
        context,
        end_this(context.house, context.actor),
        lambda _: SignOutSuccess(replayed=False),
        PLAIN,
    )


@gql_mutation
async def sign_out_everywhere(
    info: Info, given: Input[SignOutEverywhereInput]
) -> SignOutEverywhereResult | None:
    """End your sessions, all or all but this one. For whoever signed in."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    return await carry_out(
        context,
        end_all(context.house, context.actor, key, but_this=given.but_this),
        lambda answered: SignOutEverywhereSuccess(replayed=answered.replayed),
        PLAIN,
    )


@gql_mutation
async def end_session(info: Info, given: Input[EndSessionInput]) -> EndSessionResult | None:
    """End one of your sessions. For whoever signed in."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    session_id = context.reading.id(given.session_id, NodeKind.SESSION, "sessionId")
    return await carry_out(
        context,
        end_one(context.house, context.actor, key, session_id),
        lambda answered: EndSessionSuccess(replayed=answered.replayed),
        PLAIN,
    )


@gql_mutation
async def change_password(
    info: Info, given: Input[ChangePasswordInput]
) -> ChangePasswordResult | None:
    """Set another password, which ends all your other sessions. For whoever signed in."""
    context = info.context
    reading = context.reading
    passwords = PasswordChange(
        key=reading.key(given.idempotency_key),
        present=reading.given_password(given.current_password, "currentPassword"),
        new=reading.password(given.new_password, "newPassword"),
    )
    return await carry_out(
        context,
        change_it(context.house, context.actor, passwords, context.origin),
        lambda answered: ChangePasswordSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def request_password_reset(
    info: Info, given: Input[RequestPasswordResetInput]
) -> RequestPasswordResetResult | None:
    """Have a code mailed to set a new password with. The answer is alike for every address."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    email = context.reading.text(given.email, "email", EMAIL_MAX)
    kind = ActorKind(given.as_.value)
    return await carry_out(
        context,
        request_reset(context.house, key, email, kind, context.origin),
        lambda answered: RequestPasswordResetSuccess(
            recovery_id=answered.body["recovery_id"], replayed=answered.replayed
        ),
        THROTTLED,
    )


@gql_mutation
async def reset_password(
    info: Info, given: Input[ResetPasswordInput]
) -> ResetPasswordResult | None:
    """Set a new password with a mailed code: it ends all your sessions, and begins one."""
    context = info.context
    reading = context.reading
    passwords = PasswordReset(
        key=reading.key(given.idempotency_key),
        recovery_id=reading.plain_id(given.recovery_id, "recoveryId"),
        code=reading.text(given.code, "code", CODE_MAX),
        new=reading.password(given.new_password, "newPassword"),
    )

    def success(recovered: Recovered) -> ResetPasswordSuccess:
        signed_in = recovered.signed_in
        replayed = recovered.answered.replayed
        if signed_in is None:
            return ResetPasswordSuccess(
                token=None,
                expires_at=None,
                refresh_token=None,
                session_expires_at=None,
                replayed=replayed,
            )
        return ResetPasswordSuccess(
            token=signed_in.token,
            expires_at=moment(signed_in.expires_at),
            refresh_token=signed_in.refresh_token,
            session_expires_at=moment(signed_in.session_expires_at),
            replayed=replayed,
        )

    work = reset_it(context.house, passwords, context.origin)
    return await carry_out(context, work, success, THROTTLED)


@gql_mutation
async def request_email_verification(
    info: Info, given: Input[RequestEmailVerificationInput]
) -> RequestEmailVerificationResult | None:
    """Have another code mailed that proves that the address is yours. For customers."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    return await carry_out(
        context,
        mail_code(context.house, context.actor, key, context.origin),
        lambda answered: RequestEmailVerificationSuccess(replayed=answered.replayed),
        THROTTLED,
    )


@gql_mutation
async def verify_email(info: Info, given: Input[VerifyEmailInput]) -> VerifyEmailResult | None:
    """Prove with the mailed code that the address is yours. For customers."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    code = context.reading.text(given.code, "code", CODE_MAX)
    return await carry_out(
        context,
        prove_address(context.house, context.actor, key, code, context.origin),
        lambda answered: VerifyEmailSuccess(
            customer=Customer(row=answered.body["customer"]), replayed=answered.replayed
        ),
        THROTTLED,
    )


MUTATIONS = [
    sign_up,
    sign_in,
    refresh_session,
    sign_out,
    sign_out_everywhere,
    end_session,
    change_password,
    request_password_reset,
    reset_password,
    request_email_verification,
    verify_email,
]
