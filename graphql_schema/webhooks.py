"""Webhooks: where partners are told what the feed tells, and what could not be delivered."""

from typing import ClassVar

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.fetching import fetch_public
from graphql_schema.notifications import FEED
from graphql_schema.partners import Partner
from graphql_schema.port import Info
from graphql_schema.relay import (
    After,
    Connection,
    First,
    Node,
    NodeKind,
    connect,
    cursor_of,
    encode,
    uuid_of,
)
from graphql_schema.scalars import Moment, moment, moment_or_none
from models.kinds import DeadLetterState, EventKind, WebhookState
from services.webhooks.endpoints import kinds_in

gql_enum(
    WebhookState,
    "Whether events are sent to a webhook.",
    {
        "ACTIVE": "They are.",
        "PAUSED": "The partner has stopped them for a while.",
        "BLOCKED": "The house has stopped them, and alone lets them go on.",
        "DISABLED": "The address was given up: it said that it is gone, or failed for days.",
        "DELETED": "It is told nothing any more.",
    },
)
gql_enum(
    DeadLetterState,
    "Whether an event that was set aside is sent again.",
    {
        "DEAD": "It is not, until somebody asks for it.",
        "WAITING": "It is, before anything else.",
    },
)


@gql_type
class DeadLetter(Node):
    """An event that did not arrive in all its attempts, and was set aside so that others could."""

    KIND: ClassVar[NodeKind] = NodeKind.DEAD_LETTER

    @gql_field
    def webhook_id(self) -> strawberry.ID:
        """The webhook that it was for."""
        return encode(NodeKind.WEBHOOK, self.row["webhook_id"])

    @gql_field
    def event_id(self) -> strawberry.ID:
        """The event's id, and its `webhook-id`."""
        return strawberry.ID(cursor_of("event", self.row["position"]))

    @gql_field
    def cursor(self) -> str:
        """Where the event stands in the feed."""
        return cursor_of(FEED, self.row["position"])

    @gql_field
    def event_kind(self) -> EventKind:
        """What kind of event it is."""
        return EventKind(self.row["kind"])

    @gql_field
    def event_at(self) -> Moment:
        """When it happened."""
        return moment(self.row["at"])

    @gql_field
    def state(self) -> DeadLetterState:
        """Whether it is sent again."""
        return DeadLetterState(self.row["state"])

    @gql_field
    def attempts(self) -> int:
        """How often it was sent in vain."""
        return int(self.row["attempts"])

    @gql_field
    def error(self) -> str:
        """Why it did not arrive the last time."""
        return str(self.row["error"])

    @gql_field
    def created_at(self) -> Moment:
        """When it was set aside."""
        return moment(self.row["created_at"])


@gql_type
class Webhook(Node):
    """An address of a partner's that events are sent to: signed, in order, at least once."""

    KIND: ClassVar[NodeKind] = NodeKind.WEBHOOK

    @gql_field
    def partner_id(self) -> strawberry.ID:
        """The partner whose it is."""
        return encode(NodeKind.PARTNER, self.row["partner_id"])

    @gql_field
    async def partner(self, info: Info) -> Partner:
        """The partner whose it is."""
        return await fetch_public(info.context, Partner, self.row["partner_id"])

    @gql_field
    def url(self) -> str:
        """Where events are sent."""
        return str(self.row["url"])

    @gql_field
    def kinds(self) -> list[EventKind] | None:
        """Which kinds of events; null for all, also those that are yet to come."""
        kinds = kinds_in(str(self.row["kinds"]))
        return None if kinds is None else sorted(kinds)

    @gql_field
    def state(self) -> WebhookState:
        """Whether events are sent."""
        return WebhookState(self.row["state"])

    @gql_field
    def created_at(self) -> Moment:
        """When it was made."""
        return moment(self.row["created_at"])

    @gql_field
    def cursor(self) -> str:
        """How far it has been in the feed: all up to here was delivered, or set aside."""
        return cursor_of(FEED, self.row["position"])

    @gql_field
    async def waiting_since(self, info: Info) -> Moment | None:
        """When the event happened that comes next; null when none waits."""
        return moment_or_none(await info.context.reads.waiting_since(self.row))

    @gql_field
    def failing_since(self) -> Moment | None:
        """Since when nothing arrives; null while it does."""
        return moment_or_none(self.row["failing_since"])

    @gql_field
    def next_attempt_at(self) -> Moment | None:
        """When the next attempt is made; null while none has failed."""
        return moment_or_none(self.row["next_attempt_at"]) if self.row["attempts"] else None

    @gql_field
    def last_attempt_at(self) -> Moment | None:
        """When something was last sent."""
        return moment_or_none(self.row["last_attempt_at"])

    @gql_field
    def last_success_at(self) -> Moment | None:
        """When something last arrived."""
        return moment_or_none(self.row["last_success_at"])

    @gql_field
    def last_error(self) -> str | None:
        """Why the last message did not arrive; null when it did."""
        return None if self.row["last_error"] is None else str(self.row["last_error"])

    @gql_field
    def old_secret_until(self) -> Moment | None:
        """Until when messages are signed with the former secret as well."""
        return moment_or_none(self.row.get("old_secret_until"))

    @gql_field
    async def dead_letters(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[DeadLetter]:
        """What was set aside, newest first, for as long as the feed keeps the events."""
        page = info.context.reading.page("dead-letter", first, after, uuid_of)
        rows = await info.context.reads.dead_letters(uuid_of(self.row["id"]), page)
        return connect(rows, page, lambda row: DeadLetter(row=row))
