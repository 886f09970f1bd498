"""Customers' accounts, what happened on them, and deposits on their way through the bank."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.indexes import PresentIndex


class Account(Model):
    """A customer's fund account, which shares its id with the wallet that holds its money.

    ``identity`` is the fingerprint of its holder's identity. ``closing_at`` is since when its last
    money has been on its way to the bank, and null before and after. ``live_currency`` is the
    currency again until the account is closed, and then null: so a customer and an identity have
    one account of a kind in a currency that is not closed, and any number that are.
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    customer_id = fields.UUIDField()
    kind = fields.CharField(max_length=16)
    currency = fields.CharField(max_length=3)
    live_currency = fields.CharField(max_length=3, null=True)
    identity = fields.CharField(max_length=64)
    opened_at = fields.DatetimeField()
    closing_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account"
        unique_together = (
            ("customer_id", "kind", "live_currency"),
            ("identity", "kind", "live_currency"),
        )
        indexes = [Index(fields=("closing_at",), name="account_closing")]


class Profile(Model):
    """Who holds an account, whose id it shares: sealed by the vault, and in no answer or event."""

    id = fields.UUIDField(primary_key=True)
    identity_kind = fields.CharField(max_length=20)
    issuing_country = fields.CharField(max_length=3, null=True)
    name_sealed = fields.CharField(max_length=600)
    identity_number_sealed = fields.CharField(max_length=200)
    birth_date_sealed = fields.CharField(max_length=200)
    phone_sealed = fields.CharField(max_length=200)

    class Meta:
        table = "profile"


class Block(Model):
    """Something that keeps money from leaving an account, changed under its wallet's lock.

    An account is open when none stands. ``placed_after`` and ``lifted_after`` are the number of
    the last line of the wallet at that moment: the ledger's own order of events.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=12)
    state = fields.CharField(max_length=8)
    placed_by = fields.CharField(max_length=64)
    reason = fields.CharField(max_length=200, null=True)
    placed_at = fields.DatetimeField()
    placed_after = fields.BigIntField()
    lifted_by = fields.CharField(max_length=64, null=True)
    lift_reason = fields.CharField(max_length=200, null=True)
    lifted_at = fields.DatetimeField(null=True)
    lifted_after = fields.BigIntField(null=True)

    class Meta:
        table = "block"
        indexes = [
            Index(fields=("account_id", "state"), name="block_standing"),
            Index(fields=("account_id", "id"), name="block_history"),
        ]


class Transaction(Model):
    """A movement on an account as its holder sees it, with the id of the entry that posted it.

    ``number`` and ``balance_after_minor`` repeat the account's line; ``amount_minor`` is signed
    from the account's side. ``reference`` is the partner's order reference of a purchase;
    ``original_id`` the purchase that a refund refers to.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    number = fields.BigIntField()
    type = fields.CharField(max_length=20)
    state = fields.CharField(max_length=16)
    amount_minor = fields.BigIntField()
    refunded_minor = fields.BigIntField()
    balance_after_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    partner_id = fields.UUIDField(null=True)
    reference = fields.CharField(max_length=64, null=True)
    original_id = fields.UUIDField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "account_transaction"
        indexes = [
            Index(fields=("account_id", "type", "number"), name="transaction_type"),
            PresentIndex(
                fields=("original_id",), name="transaction_original", present="original_id"
            ),
        ]
        unique_together = (("account_id", "number"), ("partner_id", "reference"))


class Deposit(Model):
    """Money asked from the bank for an account, under the instruction id that the bank knows.

    ``card_id`` is the card that it is taken from, where it is one of the customer's bound cards.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    card_id = fields.UUIDField(null=True)
    amount_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=200, null=True)
    transaction_id = fields.UUIDField(null=True)
    requested_at = fields.DatetimeField()

    class Meta:
        table = "deposit"
        indexes = [Index(fields=("account_id",), name="deposit_account")]
