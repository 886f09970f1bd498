"""Sessions of all people, not of customers alone: whoever was signed in signs in again."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """A session names the kind of person, and the person."""

    dependencies = [("models", "0004_staff")]
    operations = [
        ops.DeleteModel(name="Session"),
        ops.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("person_kind", fields.CharField(max_length=10)),
                ("person_id", fields.UUIDField()),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("token_expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "session",
                "app": "models",
                "indexes": [Index(fields=["person_id"], name="session_person")],
                "pk_attr": "id",
                "table_description": "A person's sign-in with its short access token, kept hashed, a socket follows the session.",
            },
            bases=["Model"],
        ),
    ]
