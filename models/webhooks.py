"""Webhooks: where a partner wants to be told, how far it has been, and what was set aside."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Webhook(Model):
    """An address of a partner's that events are sent to, in the order of the feed.

    ``kinds`` are names with spaces between them, all kinds where it is empty. Every event up to
    ``position`` was delivered, or set aside; ``attempts`` and ``next_attempt_at`` are about the
    one that comes next. Who delivers holds the lease and names its id in every change.
    """

    id = fields.UUIDField(primary_key=True)
    partner_id = fields.UUIDField()
    url = fields.CharField(max_length=500)
    kinds = fields.TextField()
    state = fields.CharField(max_length=8)
    secret_sealed = fields.TextField(null=True)
    old_secret_sealed = fields.TextField(null=True)
    old_secret_until = fields.DatetimeField(null=True)
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    position = fields.BigIntField()
    position_at = fields.DatetimeField()
    attempts = fields.IntField()
    next_attempt_at = fields.DatetimeField()
    failing_since = fields.DatetimeField(null=True)
    last_attempt_at = fields.DatetimeField(null=True)
    last_success_at = fields.DatetimeField(null=True)
    last_error = fields.CharField(max_length=200, null=True)
    test_id = fields.UUIDField(null=True)
    lease_id = fields.UUIDField(null=True)
    lease_until = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook"
        indexes = [
            Index(fields=("partner_id",), name="webhook_partner"),
            Index(fields=("state",), name="webhook_state"),
        ]


class DeadLetter(Model):
    """An event that could not be delivered to a webhook, and was set aside so that others could.

    The event itself is the feed's; ``kind`` and ``at`` are copies of its own.
    """

    id = fields.UUIDField(primary_key=True)
    webhook_id = fields.UUIDField()
    position = fields.BigIntField()
    kind = fields.CharField(max_length=20)
    at = fields.DatetimeField()
    state = fields.CharField(max_length=8)
    attempts = fields.IntField()
    error = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        table = "dead_letter"
        unique_together = (("webhook_id", "position"),)
        indexes = [
            Index(fields=("webhook_id", "id"), name="dead_letter_webhook"),
            Index(fields=("state",), name="dead_letter_state"),
        ]
