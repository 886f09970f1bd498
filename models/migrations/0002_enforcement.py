"""The journal's rules, enforced by the database itself; the system's wallets; the feed's floor row."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.currencies import SYSTEM_WALLETS
from models.engines import enforcement


async def enforce(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Install the triggers of the engine at hand."""
    del apps
    dialect = editor.client.capabilities.dialect
    statements = enforcement.SQLITE if dialect == "sqlite" else enforcement.POSTGRES
    for statement in statements:
        await editor.client.execute_script(statement)


async def open_system_wallets(apps: object, editor: Any) -> None:  # noqa: ANN401 - as above
    """Put the bank's and the tax wallet of every currency there."""
    del apps
    for wallet_id, (kind, currency) in SYSTEM_WALLETS.items():
        await editor.client.execute_script(
            "INSERT INTO wallet (id, kind, currency, status, balance_minor, held_minor, line_count,"  # noqa: S608 - our own constants
            f" opened_at) VALUES ('{wallet_id}', '{kind}', '{currency}', 'ACTIVE', 0, 0, 0,"
            " '2026-01-01 00:00:00+00:00')"
        )


class Migration(migrations.Migration):
    """Append-only, zero-sum, and nothing removed from the feed yet."""

    dependencies = [("models", "0001_core")]
    operations = [
        ops.RunPython(enforce, ops.RunPython.noop),
        ops.RunPython(open_system_wallets, ops.RunPython.noop),
        ops.RunSQL("INSERT INTO feed_floor (id, position) VALUES (1, 0)", ""),
    ]
