"""Partner systems and the keys they call with."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Partner(Model):
    """A system that calls Coffer: what it may do follows from its kind.

    It shares its id with its wallet: the settlement wallet of a sales platform, the prize pool of a
    lottery centre. The status changes only under the lock of that wallet.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=16)
    name = fields.CharField(max_length=80, unique=True)
    status = fields.CharField(max_length=10)
    currency = fields.CharField(max_length=3)
    created_at = fields.DatetimeField()

    class Meta:
        table = "partner"


class ApiKey(Model):
    """A partner's secret, kept as a hash and shown once when it is made.

    ``prefix`` is how it begins, for people to recognise it; ``scopes`` are their names with spaces
    between them. ``replaced_by_id`` is the key that was made to follow it, ``warned_at`` when the
    partner was told that it would expire soon. ``last_used_at`` is some minutes old at the most.
    """

    id = fields.UUIDField(primary_key=True)
    partner_id = fields.UUIDField()
    name = fields.CharField(max_length=80)
    prefix = fields.CharField(max_length=16)
    secret_hash = fields.CharField(max_length=64, unique=True)
    scopes = fields.TextField()
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    warned_at = fields.DatetimeField(null=True)
    replaced_by_id = fields.UUIDField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"
        indexes = [Index(fields=("partner_id",), name="api_key_partner")]
