"""Making, rotating and revoking API keys."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.partners import ApiKey
from graphql_schema.refusals import PlainRefusal
from graphql_schema.scalars import Moment
from models.kinds import ApiKeyScope


@gql_input
class CreateApiKeyInput(KeyedInput):
    """What an API key shall be."""

    name: str = strawberry.field(description="What it shall be called, at most 80 characters.")
    scopes: list[ApiKeyScope] = strawberry.field(
        description="What it may do: nothing that your own key may not."
    )
    expires_at: Moment | None = strawberry.field(
        default=None,
        description="From when on it opens nothing: in a year, when left out; in two at the most.",
    )
    partner_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom. Operators name the partner; partners leave it out."
    )
    reason: str | None = strawberry.field(
        default=None, description="Why, for the audit log, at most 200 characters."
    )


@gql_type
class CreateApiKeySuccess(Success):
    """The key is good from now on."""

    api_key: ApiKey = strawberry.field(description="The new key.")
    secret: str | None = strawberry.field(
        description=(
            "What to send as `X-API-Key`. It is shown only here, and null in an answer that is "
            "given again: revoke the key then, and make another with a new idempotency key."
        )
    )


CreateApiKeyResult = Annotated[
    CreateApiKeySuccess | PlainRefusal,
    strawberry.union("CreateApiKeyResult", description="What became of `createApiKey`."),
]


@gql_input
class RotateApiKeyInput(KeyedInput):
    """An API key that shall have a successor."""

    api_key_id: strawberry.ID = strawberry.field(description="The key.")
    old_until: Moment | None = strawberry.field(
        default=None,
        description=(
            "Until when the key goes on beside its successor: for a day, when left out; for 30 "
            "days at the most, and never longer than it would have."
        ),
    )
    expires_at: Moment | None = strawberry.field(
        default=None,
        description=(
            "From when on the successor opens nothing: in a year, when left out; in two at the "
            "most."
        ),
    )
    reason: str | None = strawberry.field(
        default=None, description="Why, for the audit log, at most 200 characters."
    )


@gql_type
class RotateApiKeySuccess(Success):
    """Both keys are good, the old one for a while."""

    api_key: ApiKey = strawberry.field(
        description="The successor, with the name and scopes of the old key."
    )
    old: ApiKey = strawberry.field(description="The key that it follows.")
    secret: str | None = strawberry.field(
        description=(
            "What to send as `X-API-Key`. It is shown only here, and null in an answer that is "
            "given again: rotate the successor then."
        )
    )


RotateApiKeyResult = Annotated[
    RotateApiKeySuccess | PlainRefusal,
    strawberry.union("RotateApiKeyResult", description="What became of `rotateApiKey`."),
]


@gql_input
class RevokeApiKeyInput(KeyedInput):
    """An API key that shall open nothing any more."""

    api_key_id: strawberry.ID = strawberry.field(description="The key; it may be your own.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the audit log, at most 200 characters."
    )


@gql_type
class RevokeApiKeySuccess(Success):
    """The key opens nothing any more, and its open sockets are closed."""

    api_key: ApiKey = strawberry.field(description="The key.")


RevokeApiKeyResult = Annotated[
    RevokeApiKeySuccess | PlainRefusal,
    strawberry.union("RevokeApiKeyResult", description="What became of `revokeApiKey`."),
]
