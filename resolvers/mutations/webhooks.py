"""Making and managing webhooks, and sending again."""

from uuid import UUID

import strawberry

from graphql_schema.describe import gql_mutation
from graphql_schema.mutations.webhooks import (
    CreateWebhookInput,
    CreateWebhookResult,
    CreateWebhookSuccess,
    DeleteWebhookInput,
    DeleteWebhookResult,
    DeleteWebhookSuccess,
    PauseWebhookInput,
    PauseWebhookResult,
    PauseWebhookSuccess,
    ReplayWebhookInput,
    ReplayWebhookResult,
    ReplayWebhookSuccess,
    ResumeWebhookInput,
    ResumeWebhookResult,
    ResumeWebhookSuccess,
    RotateWebhookSecretInput,
    RotateWebhookSecretResult,
    RotateWebhookSecretSuccess,
    SendTestEventInput,
    SendTestEventResult,
    SendTestEventSuccess,
    UpdateWebhookInput,
    UpdateWebhookResult,
    UpdateWebhookSuccess,
)
from graphql_schema.reading import IDS_MAX, Reading
from graphql_schema.refusals import PLAIN
from graphql_schema.relay import NodeKind
from graphql_schema.webhooks import Webhook
from resolvers.bounds import WEBHOOK_URL_MAX
from resolvers.carrying import Input, carry_out
from resolvers.context import Info
from resolvers.happenings import read_after, read_kinds
from services.webhooks.create_webhook import CreateWebhook
from services.webhooks.create_webhook import create_webhook as make_webhook
from services.webhooks.delete_webhook import delete_webhook as delete
from services.webhooks.pause_webhook import pause_webhook as pause
from services.webhooks.replay_webhook import ReplayWebhook
from services.webhooks.replay_webhook import replay_webhook as replay
from services.webhooks.resume_webhook import resume_webhook as resume
from services.webhooks.rotate_webhook_secret import RotateWebhookSecret
from services.webhooks.rotate_webhook_secret import rotate_webhook_secret as rotate_secret
from services.webhooks.send_test_event import send_test_event as send_test
from services.webhooks.update_webhook import UpdateWebhook
from services.webhooks.update_webhook import update_webhook as change_webhook


@gql_mutation
async def create_webhook(
    info: Info, given: Input[CreateWebhookInput]
) -> CreateWebhookResult | None:
    """Have events sent to an address of yours, signed and in order. For partners."""
    context = info.context
    request = CreateWebhook(
        key=context.reading.key(given.idempotency_key),
        url=_url(context.reading, given.url),
        kinds=read_kinds(context, given.kinds),
        after=read_after(context, given.after),
    )
    return await carry_out(
        context,
        make_webhook(context.house, context.actor, request),
        lambda made: CreateWebhookSuccess(
            webhook=Webhook(row=made.answered.body["webhook"]),
            secret=made.secret,
            replayed=made.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def update_webhook(
    info: Info, given: Input[UpdateWebhookInput]
) -> UpdateWebhookResult | None:
    """Change where a webhook leads, or which kinds of events it is told. For partners."""
    context = info.context
    request = UpdateWebhook(
        key=context.reading.key(given.idempotency_key),
        webhook_id=_webhook(context.reading, given.webhook_id),
        url=None if given.url is None else _url(context.reading, given.url),
        kinds=read_kinds(context, given.kinds),
        all_kinds=given.all_kinds,
    )
    return await carry_out(
        context,
        change_webhook(context.house, context.actor, request),
        lambda answered: UpdateWebhookSuccess(
            webhook=Webhook(row=answered.body["webhook"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def pause_webhook(info: Info, given: Input[PauseWebhookInput]) -> PauseWebhookResult | None:
    """Send nothing to a webhook for a while. For partners, and for operators who manage them."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    webhook_id = _webhook(context.reading, given.webhook_id)
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        pause(context.house, context.actor, key, webhook_id, reason),
        lambda answered: PauseWebhookSuccess(
            webhook=Webhook(row=answered.body["webhook"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def resume_webhook(
    info: Info, given: Input[ResumeWebhookInput]
) -> ResumeWebhookResult | None:
    """Go on sending, from where it stopped. For partners, and for operators who manage them."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    webhook_id = _webhook(context.reading, given.webhook_id)
    reason = context.reading.reason(given.reason)
    return await carry_out(
        context,
        resume(context.house, context.actor, key, webhook_id, reason),
        lambda answered: ResumeWebhookSuccess(
            webhook=Webhook(row=answered.body["webhook"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def delete_webhook(
    info: Info, given: Input[DeleteWebhookInput]
) -> DeleteWebhookResult | None:
    """Send nothing to a webhook any more, for good. For partners."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    webhook_id = _webhook(context.reading, given.webhook_id)
    return await carry_out(
        context,
        delete(context.house, context.actor, key, webhook_id),
        lambda answered: DeleteWebhookSuccess(
            webhook=Webhook(row=answered.body["webhook"]), replayed=answered.replayed
        ),
        PLAIN,
    )


@gql_mutation
async def rotate_webhook_secret(
    info: Info, given: Input[RotateWebhookSecretInput]
) -> RotateWebhookSecretResult | None:
    """Give a webhook a new secret, while the old one goes on for a while. For partners."""
    context = info.context
    request = RotateWebhookSecret(
        key=context.reading.key(given.idempotency_key),
        webhook_id=_webhook(context.reading, given.webhook_id),
        old_until=context.reading.time_or_none(given.old_until, "oldUntil"),
    )
    return await carry_out(
        context,
        rotate_secret(context.house, context.actor, request),
        lambda made: RotateWebhookSecretSuccess(
            webhook=Webhook(row=made.answered.body["webhook"]),
            secret=made.secret,
            replayed=made.answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def send_test_event(
    info: Info, given: Input[SendTestEventInput]
) -> SendTestEventResult | None:
    """Have a test message sent to a webhook. For partners."""
    context = info.context
    key = context.reading.key(given.idempotency_key)
    webhook_id = _webhook(context.reading, given.webhook_id)
    return await carry_out(
        context,
        send_test(context.house, context.actor, key, webhook_id),
        lambda answered: SendTestEventSuccess(
            webhook=Webhook(row=answered.body["webhook"]),
            message_id=str(answered.body["test_id"]),
            replayed=answered.replayed,
        ),
        PLAIN,
    )


@gql_mutation
async def replay_webhook(
    info: Info, given: Input[ReplayWebhookInput]
) -> ReplayWebhookResult | None:
    """Send events again: all behind a cursor, or what was set aside. For partners."""
    context = info.context
    reading = context.reading
    if given.after is None and given.dead_letter_ids is None:
        reading.refuse("after", "NOTHING_ASKED_FOR")
    request = ReplayWebhook(
        key=reading.key(given.idempotency_key),
        webhook_id=_webhook(reading, given.webhook_id),
        after=read_after(context, given.after),
        letter_ids=()
        if given.dead_letter_ids is None
        else tuple(
            reading.id(letter_id, NodeKind.DEAD_LETTER, f"deadLetterIds.{place}")
            for place, letter_id in enumerate(
                reading.items(given.dead_letter_ids, "deadLetterIds", IDS_MAX)
            )
        ),
    )
    return await carry_out(
        context,
        replay(context.house, context.actor, request),
        lambda answered: ReplayWebhookSuccess(
            webhook=Webhook(row=answered.body["webhook"]), replayed=answered.replayed
        ),
        PLAIN,
    )


def _url(reading: Reading, url: str) -> str:
    return reading.text(url, "url", WEBHOOK_URL_MAX)


def _webhook(reading: Reading, webhook_id: strawberry.ID) -> UUID:
    return reading.id(webhook_id, NodeKind.WEBHOOK, "webhookId")


MUTATIONS = [
    create_webhook,
    update_webhook,
    pause_webhook,
    resume_webhook,
    delete_webhook,
    rotate_webhook_secret,
    send_test_event,
    replay_webhook,
]
