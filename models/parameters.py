"""System parameters that differ from their default (``services/parameters.py`` names them all)."""

from tortoise import fields
from tortoise.models import Model


class Parameter(Model):
    """The value in force of one system parameter, an integer in the unit that ends its name."""

    name = fields.CharField(primary_key=True, max_length=60)
    value = fields.BigIntField()
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(max_length=64)

    class Meta:
        table = "parameter"
