"""Sessions with refresh tokens, payment PINs, mailed codes, and the mails that are to be sent.

Who was signed in signs in again: a session of before has no refresh token to go on with.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Four tables, one made anew, and when a customer proved the e-mail address."""

    dependencies = [("models", "0012_closing")]
    operations = [
        ops.CreateModel(
            name="MailedCode",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("person_kind", fields.CharField(max_length=10)),
                ("person_id", fields.UUIDField(null=True)),
                ("purpose", fields.CharField(max_length=16)),
                ("fingerprint", fields.CharField(max_length=64)),
                ("tries_left", fields.IntField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mailed_code",
                "app": "models",
                "indexes": [
                    Index(fields=["person_id", "purpose"], name="mailed_code_person"),
                    Index(fields=["expires_at"], name="mailed_code_expires"),
                ],
                "pk_attr": "id",
                "table_description": "A code that was mailed to a person, as a keyed fingerprint, under the id of its request.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutgoingMail",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("letter", fields.CharField(max_length=24)),
                ("person_kind", fields.CharField(max_length=10)),
                ("person_id", fields.UUIDField(null=True)),
                ("language", fields.CharField(max_length=2)),
                ("written_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("tries", fields.IntField()),
            ],
            options={
                "table": "outgoing_mail",
                "app": "models",
                "indexes": [Index(fields=["due_at"], name="outgoing_mail_due")],
                "pk_attr": "id",
                "table_description": "A mail that is to be sent to a person: what it is about, never a code that it will hold.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PaymentPin",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("pin_hash", fields.CharField(max_length=200)),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("tries", fields.IntField()),
                ("tried_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "payment_pin",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A customer's payment PIN by Argon2id, under the customer's id, and the tries in vain.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RefreshToken",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("session_id", fields.UUIDField()),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("follows_id", fields.UUIDField(null=True)),
                ("issued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("spent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("spent_with", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "refresh_token",
                "app": "models",
                "indexes": [
                    Index(fields=["session_id"], name="refresh_token_session"),
                    Index(fields=["spent_at"], name="refresh_token_spent"),
                ],
                "pk_attr": "id",
                "table_description": "One of a session's refresh tokens, kept hashed: one is fresh, the others are spent.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Customer",
            name="email_verified_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
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
                ("state", fields.CharField(max_length=8)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("token_expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "stepped_up_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("language", fields.CharField(max_length=2)),
                ("network", fields.CharField(null=True, max_length=43)),
                ("user_agent", fields.CharField(null=True, max_length=80)),
            ],
            options={
                "table": "session",
                "app": "models",
                "indexes": [
                    Index(fields=["person_id", "state"], name="session_person"),
                    Index(fields=["ended_at"], name="session_ended"),
                    Index(fields=["expires_at"], name="session_expires"),
                ],
                "pk_attr": "id",
                "table_description": "A person's sign-in with its short access token, kept hashed, a socket follows the session.",
            },
            bases=["Model"],
        ),
    ]
