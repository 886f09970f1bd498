"""Making, rotating and revoking API keys."""

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.api_keys import (
    CreateApiKeyInput,
    CreateApiKeyResult,
    CreateApiKeySuccess,
    RevokeApiKeyInput,
    RevokeApiKeyResult,
    RevokeApiKeySuccess,
    RotateApiKeyInput,
    RotateApiKeyResult,
    RotateApiKeySuccess,
)
from graphql_schema.partners import ApiKey
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from models.kinds import ApiKeyScope
from resolvers.bounds import API_KEY_NAME_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from services.partners.create_api_key import CreateApiKey
from services.partners.create_api_key import create_api_key as make_key
from services.partners.revoke_api_key import revoke_api_key as revoke
from services.partners.rotate_api_key import RotateApiKey
from services.partners.rotate_api_key import rotate_api_key as rotate


@gql_mutation
async def create_api_key(info: Info, given: Input[CreateApiKeyInput]) -> CreateApiKeyResult | None:
    """Make an API key. For partners, and for operators who manage them."""
    context = info.context
    reading = context.reading
    request = CreateApiKey(
        key=reading.key(given.idempotency_key),
        name=reading.text(given.name, "name", API_KEY_NAME_MAX),
        scopes=frozenset(reading.items(given.scopes, "scopes", len(ApiKeyScope))),
        expires_at=reading.time_or_none(given.expires_at, "expiresAt"),
        partner_id=None
        if given.partner_id is None
        else reading.id(given.partner_id, NodeKind.PARTNER, "partnerId"),
        reason=reading.reason(given.reason),
    )
    return await carry_out(
        context,
        make_key(context.house, context.actor, request),
        lambda made: CreateApiKeySuccess(
            api_key=ApiKey(row=made.answered.body["api_key"]),
            secret=made.secret,
            replayed=made.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def rotate_api_key(info: Info, given: Input[RotateApiKeyInput]) -> RotateApiKeyResult | None:
    """Make an API key's successor, while the key goes on. For partners, and who manages them."""
    context = info.context
    reading = context.reading
    request = RotateApiKey(
        key=reading.key(given.idempotency_key),
        key_id=reading.id(given.api_key_id, NodeKind.API_KEY, "apiKeyId"),
        old_until=reading.time_or_none(given.old_until, "oldUntil"),
        expires_at=reading.time_or_none(given.expires_at, "expiresAt"),
        reason=reading.reason(given.reason),
    )
    return await carry_out(
        context,
        rotate(context.house, context.actor, request),
        lambda made: RotateApiKeySuccess(
            api_key=ApiKey(row=made.answered.body["api_key"]),
            old=ApiKey(row=made.answered.body["old"]),
            secret=made.secret,
            replayed=made.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def revoke_api_key(info: Info, given: Input[RevokeApiKeyInput]) -> RevokeApiKeyResult | None:
    """Let an API key open nothing any more, at once. For partners, and who manages them."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    key_id = context.reading.id(given.api_key_id, NodeKind.API_KEY, "apiKeyId")
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        revoke(context.house, context.actor, key, key_id, reason),
        lambda answered: RevokeApiKeySuccess(
            api_key=ApiKey(row=answered.body["api_key"]), replayed=answered.replayed
        ),
        PLAIN,
    )


MUTATIONS = [create_api_key, rotate_api_key, revoke_api_key]
