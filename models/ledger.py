"""The double-entry ledger: wallets, entries, lines, holds, and the stored answers of commands.

Amounts are integers in minor units of the wallet's ISO 4217 currency; lines are credit-positive
(design §2). Only the posting desk writes these tables.
"""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Wallet(Model):
    """Somebody's money of one kind in one currency: a liability, or an asset where its kind is one.

    ``balance_minor`` and ``held_minor`` are kept by the desk in step with the lines and holds;
    ``line_count`` is the number of the last line, and no line of the wallet is dated before
    ``last_line_at``, whatever the clock does.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=16)
    currency = fields.CharField(max_length=3)
    owner_id = fields.UUIDField(null=True)
    status = fields.CharField(max_length=8)
    balance_minor = fields.BigIntField()
    held_minor = fields.BigIntField()
    line_count = fields.BigIntField()
    last_line_at = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField()

    class Meta:
        table = "wallet"
        indexes = [Index(fields=("owner_id",), name="wallet_owner")]


class Entry(Model):
    """One business event in the journal, whose lines sum to zero. Never changed."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=16)
    at = fields.DatetimeField()
    reverses_id = fields.UUIDField(null=True, unique=True)
    reason = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "ledger_entry"


class Line(Model):
    """What an entry did to one wallet: the signed amount, the balance after it, its number there.

    Never changed. ``at`` repeats the entry's time and never falls within a wallet.
    """

    id = fields.BigIntField(primary_key=True)
    entry_id = fields.UUIDField()
    wallet_id = fields.UUIDField()
    number = fields.BigIntField()
    amount_minor = fields.BigIntField()
    balance_after_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    at = fields.DatetimeField()

    class Meta:
        table = "ledger_line"
        indexes = [Index(fields=("entry_id",), name="ledger_line_entry")]
        unique_together = (("wallet_id", "number"),)


class Hold(Model):
    """Money of a wallet set aside: captured (in parts), released, or expired."""

    id = fields.UUIDField(primary_key=True)
    wallet_id = fields.UUIDField()
    amount_minor = fields.BigIntField()
    remaining_minor = fields.BigIntField()
    state = fields.CharField(max_length=8)
    placed_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "hold"
        indexes = [
            Index(fields=("wallet_id",), name="hold_wallet"),
            Index(fields=("state", "expires_at"), name="hold_expiry"),
        ]


class Answer(Model):
    """The complete first answer to an idempotency key, kept in the command's own transaction.

    ``id`` is derived from principal, operation and key, so the primary key is the uniqueness;
    ``arguments`` is the fingerprint of what was asked, ``body`` the answer as JSON text.
    """

    id = fields.UUIDField(primary_key=True)
    principal = fields.CharField(max_length=64)
    operation = fields.CharField(max_length=40)
    key = fields.CharField(max_length=128)
    arguments = fields.UUIDField()
    body = fields.TextField()
    at = fields.DatetimeField()

    class Meta:
        table = "answer"
        indexes = [Index(fields=("at",), name="answer_age")]
