"""Blocks say who froze an account. Whatever was frozen until now, an operator froze."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """The table, and a block for each frozen account."""

    dependencies = [("models", "0008_api_keys")]
    operations = [
        ops.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=12)),
                ("state", fields.CharField(max_length=8)),
                ("placed_by", fields.CharField(max_length=64)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("placed_after", fields.BigIntField()),
                ("lifted_by", fields.CharField(null=True, max_length=64)),
                ("lift_reason", fields.CharField(null=True, max_length=200)),
                ("lifted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lifted_after", fields.BigIntField(null=True)),
            ],
            options={
                "table": "block",
                "app": "models",
                "indexes": [
                    Index(fields=["account_id", "state"], name="block_standing"),
                    Index(fields=["account_id", "id"], name="block_history"),
                ],
                "pk_attr": "id",
                "table_description": "Something that keeps money from leaving an account, changed under its wallet's lock.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "INSERT INTO block (id, account_id, kind, state, placed_by, placed_at, placed_after)"
            " SELECT id, id, 'BY_OPERATOR', 'STANDING', 'system', COALESCE(last_line_at, opened_at),"
            " line_count FROM wallet WHERE status = 'FROZEN'",
            "",
        ),
    ]
