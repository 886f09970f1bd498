"""System parameters that somebody has set (``services/parameters.py`` names them all)."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class ParameterChange(Model):
    """A value that a system parameter was given, in the unit that ends its name.

    A parameter's changes are numbered from one, and the newest is in force.
    """

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=60)
    number = fields.IntField()
    value = fields.BigIntField()
    before = fields.BigIntField()
    reason = fields.CharField(max_length=200, null=True)
    state = fields.CharField(max_length=10)
    principal = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        table = "parameter_change"
        unique_together = (("name", "number"),)
        indexes = [Index(fields=("state",), name="parameter_change_state")]
