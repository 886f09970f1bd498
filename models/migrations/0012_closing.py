"""Accounts that are being closed are found by since when."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """One index."""

    dependencies = [("models", "0011_bank")]
    operations = [
        ops.AddIndex(
            model_name="Account",
            index=Index(fields=["closing_at"], name="account_closing"),
        ),
    ]
