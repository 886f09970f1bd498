"""Customers' bank cards, what the bank was instructed, withdrawals, and money without an owner."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class BankCard(Model):
    """A customer's bank card. Its row outlives the binding, without the number and the name.

    ``number_sealed`` and ``holder_sealed`` are the vault's; ``fingerprint`` is what the number is
    found by, and no two bound cards share one.
    """

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    number_sealed = fields.CharField(max_length=200, null=True)
    holder_sealed = fields.CharField(max_length=600, null=True)
    fingerprint = fields.CharField(max_length=64, null=True, unique=True)
    last_four = fields.CharField(max_length=4)
    bound_at = fields.DatetimeField()
    unbound_at = fields.DatetimeField(null=True)

    class Meta:
        table = "bank_card"
        indexes = [Index(fields=("customer_id", "unbound_at"), name="bank_card_customer")]


class BankInstruction(Model):
    """What the bank was told to collect or pay, under the id that it knows.

    It shares its id with the deposit, funding, withdrawal or sending that it is for. ``wallet_id``
    is where the money goes to or comes from, ``returns`` the bank's reference of a receipt that is
    sent back. ``ask_at`` is when the bank is asked next, and null once the outcome is known;
    ``asked`` counts how often it was asked.
    """

    id = fields.UUIDField(primary_key=True)
    purpose = fields.CharField(max_length=16)
    wallet_id = fields.UUIDField()
    card_id = fields.UUIDField(null=True)
    returns = fields.CharField(max_length=64, null=True)
    amount_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    asked = fields.IntField()
    ask_at = fields.DatetimeField(null=True)
    requested_at = fields.DatetimeField()

    class Meta:
        table = "bank_instruction"
        indexes = [
            Index(fields=("ask_at",), name="bank_instruction_open"),
            Index(fields=("card_id", "ask_at"), name="bank_instruction_card"),
        ]


class Withdrawal(Model):
    """Money on its way from an account to its holder's bank card, under the instruction's id.

    ``day`` is the business day whose limit it counts towards.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    card_id = fields.UUIDField()
    amount_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    day = fields.DateField()
    state = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=200, null=True)
    transaction_id = fields.UUIDField()
    return_id = fields.UUIDField(null=True)
    requested_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)

    class Meta:
        table = "withdrawal"
        indexes = [
            Index(fields=("account_id", "id"), name="withdrawal_account"),
            Index(fields=("account_id", "day"), name="withdrawal_day"),
        ]


class SuspenseItem(Model):
    """Money that arrived at the bank for nobody that is known, or for an account that is closed.

    ``reference`` is the bank's own, and each is booked once. ``withdrawal_id`` is the withdrawal
    that came back, ``instruction_id`` the last attempt to send the money back.
    """

    id = fields.UUIDField(primary_key=True)
    reference = fields.CharField(max_length=64, unique=True)
    amount_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    remittance = fields.CharField(max_length=200)
    state = fields.CharField(max_length=12)
    entry_id = fields.UUIDField()
    withdrawal_id = fields.UUIDField(null=True)
    account_id = fields.UUIDField(null=True)
    instruction_id = fields.UUIDField(null=True)
    arrived_at = fields.DatetimeField()

    class Meta:
        table = "suspense_item"
        indexes = [
            Index(fields=("state", "id"), name="suspense_item_state"),
            Index(fields=("instruction_id",), name="suspense_item_instruction"),
        ]


class StatementPosition(Model):
    """The single row that says up to which line the bank's statement has been read."""

    id = fields.IntField(primary_key=True)
    position = fields.BigIntField()

    class Meta:
        table = "statement_position"
