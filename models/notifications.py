"""The feed: what happened, for whom, in an order that a reader can follow without missing any."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class FeedEvent(Model):
    """Something that happened, told to one audience, written in the transaction that did it.

    ``id`` is its position, drawn from a database sequence after the wallets were locked.
    ``audience`` is ``customer:<id>``, ``partner:<id>`` or ``topic:<name>``; ``account_id`` narrows
    it; ``body`` is JSON text.
    """

    id = fields.BigIntField(primary_key=True)
    audience = fields.CharField(max_length=48)
    account_id = fields.UUIDField(null=True)
    kind = fields.CharField(max_length=20)
    body = fields.TextField()
    at = fields.DatetimeField()

    class Meta:
        table = "feed_event"
        indexes = [Index(fields=("audience", "id"), name="feed_event_audience")]


class FeedFloor(Model):
    """The single row that says up to which position events have been removed."""

    id = fields.IntField(primary_key=True)
    position = fields.BigIntField()

    class Meta:
        table = "feed_floor"
