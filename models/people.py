"""Customers, and the sessions of all who sign in with a password."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Customer(Model):
    """A person who can sign in. ``email`` is kept in lower case, the password by Argon2id."""

    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=254, unique=True)
    password_hash = fields.CharField(max_length=200)
    signed_up_at = fields.DatetimeField()

    class Meta:
        table = "customer"


class Session(Model):
    """A person's sign-in with its short access token, kept hashed, a socket follows the session.

    ``person_kind`` is the kind of caller that the person is (``services/actors.py``).
    """

    id = fields.UUIDField(primary_key=True)
    person_kind = fields.CharField(max_length=10)
    person_id = fields.UUIDField()
    token_hash = fields.CharField(max_length=64, unique=True)
    token_expires_at = fields.DatetimeField()
    started_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"
        indexes = [Index(fields=("person_id",), name="session_person")]
