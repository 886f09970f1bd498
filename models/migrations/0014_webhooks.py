"""Webhooks: where partners are told, and what could not be delivered."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [("models", "0013_access")]
    operations = [
        ops.CreateModel(
            name="DeadLetter",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("webhook_id", fields.UUIDField()),
                ("position", fields.BigIntField()),
                ("kind", fields.CharField(max_length=20)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("state", fields.CharField(max_length=8)),
                ("attempts", fields.IntField()),
                ("error", fields.CharField(max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "dead_letter",
                "app": "models",
                "unique_together": (("webhook_id", "position"),),
                "indexes": [
                    Index(fields=["webhook_id", "id"], name="dead_letter_webhook"),
                    Index(fields=["state"], name="dead_letter_state"),
                ],
                "pk_attr": "id",
                "table_description": "An event that could not be delivered to a webhook, and was set aside so that others could.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("partner_id", fields.UUIDField()),
                ("url", fields.CharField(max_length=500)),
                ("kinds", fields.TextField(unique=False)),
                ("state", fields.CharField(max_length=8)),
                ("secret_sealed", fields.TextField(null=True, unique=False)),
                ("old_secret_sealed", fields.TextField(null=True, unique=False)),
                (
                    "old_secret_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_by", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("position", fields.BigIntField()),
                ("position_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField()),
                ("next_attempt_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "failing_since",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "last_attempt_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "last_success_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("last_error", fields.CharField(null=True, max_length=200)),
                ("test_id", fields.UUIDField(null=True)),
                ("lease_id", fields.UUIDField(null=True)),
                (
                    "lease_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "webhook",
                "app": "models",
                "indexes": [
                    Index(fields=["partner_id"], name="webhook_partner"),
                    Index(fields=["state"], name="webhook_state"),
                ],
                "pk_attr": "id",
                "table_description": "An address of a partner's that events are sent to, in the order of the feed.",
            },
            bases=["Model"],
        ),
    ]
