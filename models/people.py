"""Customers, the sessions of all who sign in with a password, and what else they prove with."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Customer(Model):
    """A person who can sign in. ``email`` is kept in lower case, the password by Argon2id.

    ``email_verified_at`` is when they proved that the address is theirs.
    """

    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=254, unique=True)
    password_hash = fields.CharField(max_length=200)
    signed_up_at = fields.DatetimeField()
    email_verified_at = fields.DatetimeField(null=True)

    class Meta:
        table = "customer"


class Session(Model):
    """A person's sign-in with its short access token, kept hashed, a socket follows the session.

    ``person_kind`` is the kind of caller that the person is (``services/actors.py``). ``network``
    is where it was used last from, ``user_agent`` what with; neither says more than a list of
    one's own sessions has to.
    """

    id = fields.UUIDField(primary_key=True)
    person_kind = fields.CharField(max_length=10)
    person_id = fields.UUIDField()
    state = fields.CharField(max_length=8)
    token_hash = fields.CharField(max_length=64, unique=True)
    token_expires_at = fields.DatetimeField()
    started_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    stepped_up_until = fields.DatetimeField(null=True)
    language = fields.CharField(max_length=2)
    network = fields.CharField(max_length=43, null=True)
    user_agent = fields.CharField(max_length=80, null=True)

    class Meta:
        table = "session"
        indexes = [
            Index(fields=("person_id", "state"), name="session_person"),
            Index(fields=("ended_at",), name="session_ended"),
            Index(fields=("expires_at",), name="session_expires"),
        ]


class RefreshToken(Model):
    """One of a session's refresh tokens, kept hashed: one is fresh, the others are spent.

    ``spent_with`` is a hash of the idempotency key that a token was spent with; a token that was
    replaced before anybody used it is spent without one (``docs/decisions/0010-sessions.md``).
    """

    id = fields.UUIDField(primary_key=True)
    session_id = fields.UUIDField()
    token_hash = fields.CharField(max_length=64, unique=True)
    follows_id = fields.UUIDField(null=True)
    issued_at = fields.DatetimeField()
    spent_at = fields.DatetimeField(null=True)
    spent_with = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "refresh_token"
        indexes = [
            Index(fields=("session_id",), name="refresh_token_session"),
            Index(fields=("spent_at",), name="refresh_token_spent"),
        ]


class PaymentPin(Model):
    """A customer's payment PIN by Argon2id, under the customer's id, and the tries in vain."""

    id = fields.UUIDField(primary_key=True)
    pin_hash = fields.CharField(max_length=200)
    set_at = fields.DatetimeField()
    tries = fields.IntField()
    tried_at = fields.DatetimeField()

    class Meta:
        table = "payment_pin"


class MailedCode(Model):
    """A code that was mailed to a person, as a keyed fingerprint, under the id of its request.

    It is good for ``tries_left`` guesses, once. Whoever asked for a code to an address of nobody's
    gets a row without a person, which no guess fits: so both cases are the same work.
    """

    id = fields.UUIDField(primary_key=True)
    person_kind = fields.CharField(max_length=10)
    person_id = fields.UUIDField(null=True)
    purpose = fields.CharField(max_length=16)
    fingerprint = fields.CharField(max_length=64)
    tries_left = fields.IntField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mailed_code"
        indexes = [
            Index(fields=("person_id", "purpose"), name="mailed_code_person"),
            Index(fields=("expires_at",), name="mailed_code_expires"),
        ]


class OutgoingMail(Model):
    """A mail that is to be sent to a person: what it is about, never a code that it will hold.

    The code is made when the mail is sent. Who asked for a mail to an address of nobody's leaves a
    row without a person, so that both cases are the same work.
    """

    id = fields.UUIDField(primary_key=True)
    letter = fields.CharField(max_length=24)
    person_kind = fields.CharField(max_length=10)
    person_id = fields.UUIDField(null=True)
    language = fields.CharField(max_length=2)
    written_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    tries = fields.IntField()

    class Meta:
        table = "outgoing_mail"
        indexes = [Index(fields=("due_at",), name="outgoing_mail_due")]
