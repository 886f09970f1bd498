"""What holders allow themselves: limits on deposits and purchases, and periods without play."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Allowance(Model):
    """How much an account, whose id it shares, has used of any limits, and whether it may at all.

    Changed only under the lock of the account's wallet. The counters of ``day`` and ``month`` (the
    month's first day) are over when another business day or month has begun. ``excluded_until``
    repeats the holder's last exclusion.
    """

    id = fields.UUIDField(primary_key=True)
    day = fields.DateField()
    month = fields.DateField()
    deposited_day_minor = fields.BigIntField()
    deposited_month_minor = fields.BigIntField()
    purchased_day_minor = fields.BigIntField()
    purchased_month_minor = fields.BigIntField()
    excluded_until = fields.DatetimeField(null=True)

    class Meta:
        table = "allowance"


class SelfLimit(Model):
    """A limit that a holder has set, and the higher one (None: no limit) that waits its time.

    Changed only under the lock of the account's wallet. ``next_minor`` counts from ``next_from``.
    """

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=20)
    limit_minor = fields.BigIntField(null=True)
    next_minor = fields.BigIntField(null=True)
    next_from = fields.DatetimeField(null=True)
    set_at = fields.DatetimeField()

    class Meta:
        table = "self_limit"
        unique_together = (("account_id", "kind"),)


class SelfExclusion(Model):
    """A period in which a holder neither plays nor pays in, which nobody shortens.

    ``identity`` is the fingerprint of the holder's identity, so that no other account opens.
    """

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.UUIDField()
    identity = fields.CharField(max_length=64)
    began_at = fields.DatetimeField()
    until = fields.DatetimeField()

    class Meta:
        table = "self_exclusion"
        indexes = [
            Index(fields=("customer_id",), name="self_exclusion_customer"),
            Index(fields=("identity",), name="self_exclusion_identity"),
        ]
