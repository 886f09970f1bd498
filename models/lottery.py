"""Mandates, draws, tickets, winning tickets, the pool's funding, and runs over a whole draw."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from models.indexes import PresentIndex


class Mandate(Model):
    """A player's standing permission for one sales platform to debit one account.

    Changed only under the lock of the account's wallet. ``used_minor`` counts the purchases of
    ``used_on`` (the business day), and survives a new grant, so that granting again lifts no limit.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    partner_id = fields.UUIDField()
    limit_per_purchase_minor = fields.BigIntField()
    limit_per_day_minor = fields.BigIntField()
    used_on = fields.DateField()
    used_minor = fields.BigIntField()
    granted_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mandate"
        unique_together = (("account_id", "partner_id"),)


class Draw(Model):
    """One draw of a game. Changed only under its own exclusive row lock, which purchases share."""

    id = fields.UUIDField(primary_key=True)
    centre_id = fields.UUIDField()
    game = fields.CharField(max_length=40)
    code = fields.CharField(max_length=40)
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=10)
    opened_at = fields.DatetimeField()
    sales_close_at = fields.DatetimeField()
    claims_close_at = fields.DatetimeField(null=True)

    class Meta:
        table = "draw"
        unique_together = (("centre_id", "game", "code"),)


class Ticket(Model):
    """A picked ticket that a purchase paid for, guarded by the lock of the account's wallet.

    ``serial`` is the centre's; without it the ticket must be confirmed before ``confirm_by``.
    """

    id = fields.UUIDField(primary_key=True)
    purchase_id = fields.UUIDField()
    account_id = fields.UUIDField()
    draw_id = fields.UUIDField()
    numbers = fields.CharField(max_length=200)
    stake_minor = fields.BigIntField()
    serial = fields.CharField(max_length=64, null=True)
    state = fields.CharField(max_length=12)
    confirm_by = fields.DatetimeField(null=True)

    class Meta:
        table = "ticket"
        indexes = [
            Index(fields=("purchase_id",), name="ticket_purchase"),
            PresentIndex(
                fields=("state", "confirm_by"), name="ticket_overdue", present="confirm_by"
            ),
        ]
        unique_together = (("draw_id", "serial"),)


class WinningTicket(Model):
    """A winning ticket, verified against a confirmed ticket, guarded by the pool's lock."""

    id = fields.UUIDField(primary_key=True)
    draw_id = fields.UUIDField()
    ticket_id = fields.UUIDField(unique=True)
    account_id = fields.UUIDField()
    serial = fields.CharField(max_length=64)
    prize_minor = fields.BigIntField()
    state = fields.CharField(max_length=8)
    payout_id = fields.UUIDField(null=True)
    tax_minor = fields.BigIntField()
    paid_at = fields.DatetimeField(null=True)

    class Meta:
        table = "winning_ticket"
        indexes = [Index(fields=("account_id", "id"), name="winning_account")]
        unique_together = (("draw_id", "serial"),)


class PoolFunding(Model):
    """Money asked from the bank for a prize pool, under the instruction id that the bank knows."""

    id = fields.UUIDField(primary_key=True)
    centre_id = fields.UUIDField()
    amount_minor = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=200, null=True)
    entry_id = fields.UUIDField(null=True)
    requested_at = fields.DatetimeField()

    class Meta:
        table = "pool_funding"


class PayoutRun(Model):
    """The payment of a whole draw: a long job whose progress is kept, so that it may die half way.

    ``lease_until`` keeps two workers from doing the same chunk; it is only thrift, because every
    payment has a derived key.
    """

    id = fields.UUIDField(primary_key=True)
    draw_id = fields.UUIDField()
    state = fields.CharField(max_length=8)
    total = fields.IntField()
    paid = fields.IntField()
    refused = fields.IntField()
    after_id = fields.UUIDField(null=True)
    lease_until = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "payout_run"
        indexes = [
            Index(fields=("draw_id",), name="payout_run_draw"),
            Index(fields=("state",), name="payout_run_state"),
        ]
