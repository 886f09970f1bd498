"""Fewer index entries for each purchase, and how PostgreSQL keeps tables that are written all day."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.engines import growth
from models.indexes import PresentIndex


async def keep_well(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Tell PostgreSQL what the models cannot say."""
    del apps
    if editor.client.capabilities.dialect != "sqlite":
        for statement in growth.POSTGRES:
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Two indexes leave out the rows that nobody looks for there."""

    dependencies = [("models", "0014_webhooks")]
    operations = [
        ops.RemoveIndex(model_name="Transaction", name="transaction_original"),
        ops.AddIndex(
            model_name="Transaction",
            index=PresentIndex(
                fields=["original_id"], name="transaction_original", present="original_id"
            ),
        ),
        ops.RemoveIndex(model_name="Ticket", name="ticket_overdue"),
        ops.AddIndex(
            model_name="Ticket",
            index=PresentIndex(
                fields=["state", "confirm_by"], name="ticket_overdue", present="confirm_by"
            ),
        ),
        ops.RunPython(keep_well, ops.RunPython.noop),
    ]
