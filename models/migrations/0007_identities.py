"""An account has one identity behind it, and its holder's personal data is sealed beside it.

The name and the phone that accounts had in the clear are gone: nobody had shown a document for
them. Such an account works on, without a profile, under an identity of its own that nobody else
can have.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

KEPT = "id, number, customer_id, kind, currency, opened_at"


class Migration(migrations.Migration):
    """The table is made anew, since SQLite does not change the uniqueness of columns."""

    dependencies = [("models", "0006_operators_are_people")]
    operations = [
        ops.RunSQL(
            f"CREATE TABLE account_before AS SELECT {KEPT} FROM account",  # noqa: S608 - our own
            "",
        ),
        ops.DeleteModel(name="Account"),
        ops.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("customer_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("live_currency", fields.CharField(null=True, max_length=3)),
                ("identity", fields.CharField(max_length=64)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closing_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "models",
                "unique_together": (
                    ("customer_id", "kind", "live_currency"),
                    ("identity", "kind", "live_currency"),
                ),
                "pk_attr": "id",
                "table_description": "A customer's fund account, which shares its id with the wallet that holds its money.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            f"INSERT INTO account ({KEPT}, live_currency, identity)"  # noqa: S608 - as above
            f" SELECT {KEPT}, currency, 'of ' || number FROM account_before",
            "",
        ),
        ops.RunSQL("DROP TABLE account_before", ""),
        ops.CreateModel(
            name="Profile",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("identity_kind", fields.CharField(max_length=20)),
                ("issuing_country", fields.CharField(null=True, max_length=3)),
                ("name_sealed", fields.CharField(max_length=600)),
                ("identity_number_sealed", fields.CharField(max_length=200)),
                ("birth_date_sealed", fields.CharField(max_length=200)),
                ("phone_sealed", fields.CharField(max_length=200)),
            ],
            options={
                "table": "profile",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Who holds an account, whose id it shares: sealed by the vault, and in no answer or event.",
            },
            bases=["Model"],
        ),
    ]
