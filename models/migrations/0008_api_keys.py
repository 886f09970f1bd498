"""API keys get a name, scopes and an expiry: those that were given may do all that they could."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


async def bring_back(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Put the keys there again, good for a year from now."""
    del apps
    in_a_year = (datetime.now(UTC) + timedelta(days=365)).isoformat(sep=" ")
    await editor.client.execute_script(
        "INSERT INTO api_key (id, partner_id, name, prefix, secret_hash, scopes, created_by,"  # noqa: S608 - our own words
        " created_at, expires_at, revoked_at)"
        " SELECT k.id, k.partner_id, 'first key', 'coffer_', k.secret_hash,"
        " CASE p.kind WHEN 'SALES_PLATFORM' THEN 'MANAGE_KEYS MANAGE_WEBHOOKS READ SELL SUBSCRIBE'"
        " ELSE 'DRAW FUND MANAGE_KEYS MANAGE_WEBHOOKS READ SUBSCRIBE' END,"
        f" 'system', k.created_at, '{in_a_year}', k.revoked_at"
        " FROM api_key_before k JOIN partner p ON p.id = k.partner_id"
    )


class Migration(migrations.Migration):
    """The table is made anew, and its rows are kept meanwhile."""

    dependencies = [("models", "0007_identities")]
    operations = [
        ops.RunSQL("CREATE TABLE api_key_before AS SELECT * FROM api_key", ""),
        ops.DeleteModel(name="ApiKey"),
        ops.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("partner_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=80)),
                ("prefix", fields.CharField(max_length=16)),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                ("scopes", fields.TextField(unique=False)),
                ("created_by", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "last_used_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("warned_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("replaced_by_id", fields.UUIDField(null=True)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_key",
                "app": "models",
                "indexes": [Index(fields=["partner_id"], name="api_key_partner")],
                "pk_attr": "id",
                "table_description": "A partner's secret, kept as a hash and shown once when it is made.",
            },
            bases=["Model"],
        ),
        ops.RunPython(bring_back, ops.RunPython.noop),
        ops.RunSQL("DROP TABLE api_key_before", ""),
    ]
