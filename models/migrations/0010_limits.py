"""What holders allow themselves."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Three tables."""

    dependencies = [("models", "0009_blocks")]
    operations = [
        ops.CreateModel(
            name="Allowance",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("day", fields.DateField()),
                ("month", fields.DateField()),
                ("deposited_day_minor", fields.BigIntField()),
                ("deposited_month_minor", fields.BigIntField()),
                ("purchased_day_minor", fields.BigIntField()),
                ("purchased_month_minor", fields.BigIntField()),
                (
                    "excluded_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "allowance",
                "app": "models",
                "pk_attr": "id",
                "table_description": "How much an account, whose id it shares, has used of any limits, and whether it may at all.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SelfExclusion",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("customer_id", fields.UUIDField()),
                ("identity", fields.CharField(max_length=64)),
                ("began_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "self_exclusion",
                "app": "models",
                "indexes": [
                    Index(fields=["customer_id"], name="self_exclusion_customer"),
                    Index(fields=["identity"], name="self_exclusion_identity"),
                ],
                "pk_attr": "id",
                "table_description": "A period in which a holder neither plays nor pays in, which nobody shortens.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SelfLimit",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=20)),
                ("limit_minor", fields.BigIntField(null=True)),
                ("next_minor", fields.BigIntField(null=True)),
                ("next_from", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "self_limit",
                "app": "models",
                "unique_together": (("account_id", "kind"),),
                "pk_attr": "id",
                "table_description": "A limit that a holder has set, and the higher one (None: no limit) that waits its time.",
            },
            bases=["Model"],
        ),
    ]
