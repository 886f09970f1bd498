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
    """A partner's secret, kept as a hash and shown once when it is made."""

    id = fields.UUIDField(primary_key=True)
    partner_id = fields.UUIDField()
    secret_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"
        indexes = [Index(fields=("partner_id",), name="api_key_partner")]
