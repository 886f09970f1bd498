"""Operators are people: partners of that kind go, and their keys open nothing any more.

They had no wallet and took part in nothing, so no other row speaks of them but the audit log, where
they keep their name for what they did. Their people are invited (`create-administrator`).
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """First the keys, then whose they were."""

    dependencies = [("models", "0005_sessions")]
    operations = [
        ops.RunSQL(
            "DELETE FROM api_key WHERE partner_id IN"
            " (SELECT id FROM partner WHERE kind = 'OPERATOR')",
            "",
        ),
        ops.RunSQL("DELETE FROM partner WHERE kind = 'OPERATOR'", ""),
    ]
