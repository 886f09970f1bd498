"""Making and managing webhooks, and sending again."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_input, gql_type
from graphql_schema.mutations.common import KeyedInput, Success
from graphql_schema.refusals import PlainRefusal
from graphql_schema.scalars import Moment
from graphql_schema.webhooks import Webhook
from models.kinds import EventKind


@gql_input
class CreateWebhookInput(KeyedInput):
    """Where events shall be sent."""

    url: str = strawberry.field(
        description=(
            "An https URL of at most 500 characters, without credentials, at a public address."
        )
    )
    kinds: list[EventKind] | None = strawberry.field(
        default=None,
        description="Which kinds of events; all, also those that are yet to come, when left out.",
    )
    after: str | None = strawberry.field(
        default=None,
        description="A cursor of the feed to begin behind; from now on, when left out.",
    )


@gql_type
class CreateWebhookSuccess(Success):
    """Events are sent from now on."""

    webhook: Webhook = strawberry.field(description="The new webhook.")
    secret: str | None = strawberry.field(
        description=(
            "What to verify messages with, as Standard Webhooks has it. It is shown only here, "
            "and null in an answer that is given again: rotate it then."
        )
    )


CreateWebhookResult = Annotated[
    CreateWebhookSuccess | PlainRefusal,
    strawberry.union("CreateWebhookResult", description="What became of `createWebhook`."),
]


@gql_input
class UpdateWebhookInput(KeyedInput):
    """What a webhook shall be. What is left out stays as it is."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")
    url: str | None = strawberry.field(
        default=None, description="Where events shall be sent, as for `createWebhook`."
    )
    kinds: list[EventKind] | None = strawberry.field(
        default=None, description="Which kinds of events, from the next one on."
    )
    all_kinds: bool = strawberry.field(
        default=False, description="All kinds of events, also those that are yet to come."
    )


@gql_type
class UpdateWebhookSuccess(Success):
    """The webhook is changed."""

    webhook: Webhook = strawberry.field(description="The webhook.")


UpdateWebhookResult = Annotated[
    UpdateWebhookSuccess | PlainRefusal,
    strawberry.union("UpdateWebhookResult", description="What became of `updateWebhook`."),
]


@gql_input
class PauseWebhookInput(KeyedInput):
    """A webhook that shall be told nothing for a while."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the audit log, at most 200 characters."
    )


@gql_type
class PauseWebhookSuccess(Success):
    """Nothing is sent any more; what happens meanwhile waits."""

    webhook: Webhook = strawberry.field(description="The webhook.")


PauseWebhookResult = Annotated[
    PauseWebhookSuccess | PlainRefusal,
    strawberry.union("PauseWebhookResult", description="What became of `pauseWebhook`."),
]


@gql_input
class ResumeWebhookInput(KeyedInput):
    """A webhook that shall be told again."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the audit log, at most 200 characters."
    )


@gql_type
class ResumeWebhookSuccess(Success):
    """Events are sent again, from where they stopped."""

    webhook: Webhook = strawberry.field(description="The webhook.")


ResumeWebhookResult = Annotated[
    ResumeWebhookSuccess | PlainRefusal,
    strawberry.union("ResumeWebhookResult", description="What became of `resumeWebhook`."),
]


@gql_input
class DeleteWebhookInput(KeyedInput):
    """A webhook that shall be told nothing any more."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")


@gql_type
class DeleteWebhookSuccess(Success):
    """Nothing is sent any more, and the secrets are gone."""

    webhook: Webhook = strawberry.field(description="The webhook, as it was.")


DeleteWebhookResult = Annotated[
    DeleteWebhookSuccess | PlainRefusal,
    strawberry.union("DeleteWebhookResult", description="What became of `deleteWebhook`."),
]


@gql_input
class RotateWebhookSecretInput(KeyedInput):
    """A webhook that shall have a new secret."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")
    old_until: Moment | None = strawberry.field(
        default=None,
        description=(
            "Until when messages are signed with the old secret as well: for a day, when left "
            "out; for 30 days at the most."
        ),
    )


@gql_type
class RotateWebhookSecretSuccess(Success):
    """Messages are signed with both secrets for a while."""

    webhook: Webhook = strawberry.field(description="The webhook.")
    secret: str | None = strawberry.field(
        description=(
            "What to verify messages with, as Standard Webhooks has it. It is shown only here, "
            "and null in an answer that is given again: rotate it once more then."
        )
    )


RotateWebhookSecretResult = Annotated[
    RotateWebhookSecretSuccess | PlainRefusal,
    strawberry.union(
        "RotateWebhookSecretResult", description="What became of `rotateWebhookSecret`."
    ),
]


@gql_input
class SendTestEventInput(KeyedInput):
    """A webhook to try out."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook, which is active.")


@gql_type
class SendTestEventSuccess(Success):
    """A message of type TEST is sent within seconds, once; the webhook says how that went."""

    webhook: Webhook = strawberry.field(description="The webhook, as it was.")
    message_id: str = strawberry.field(description="The `webhook-id` of the message.")


SendTestEventResult = Annotated[
    SendTestEventSuccess | PlainRefusal,
    strawberry.union("SendTestEventResult", description="What became of `sendTestEvent`."),
]


@gql_input
class ReplayWebhookInput(KeyedInput):
    """What shall be sent again: give `after`, or `deadLetterIds`, or both."""

    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")
    after: str | None = strawberry.field(
        default=None,
        description="Everything behind this cursor of the feed, in order, and then on from there.",
    )
    dead_letter_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Of what was set aside these, at most 100."
    )


@gql_type
class ReplayWebhookSuccess(Success):
    """It is sent as soon as the webhook is active."""

    webhook: Webhook = strawberry.field(description="The webhook.")


ReplayWebhookResult = Annotated[
    ReplayWebhookSuccess | PlainRefusal,
    strawberry.union("ReplayWebhookResult", description="What became of `replayWebhook`."),
]
