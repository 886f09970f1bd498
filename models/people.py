"""Customers and their sessions."""

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
    """A sign-in with its short access token, kept hashed, a socket follows the session."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    token_hash = fields.CharField(max_length=64, unique=True)
    token_expires_at = fields.DatetimeField()
    started_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"
        indexes = [Index(fields=("customer_id",), name="session_customer")]
