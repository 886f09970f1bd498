"""PostgreSQL vacuums the tables that grow at a pace that no commit has to wait for."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.engines import growth


async def keep_well(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Tell PostgreSQL what the models cannot say."""
    del apps
    if editor.client.capabilities.dialect != "sqlite":
        for statement in growth.UNHURRIED:
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Changes nothing but how PostgreSQL keeps some tables."""

    dependencies = [("models", "0015_growth")]
    operations = [ops.RunPython(keep_well, ops.RunPython.noop)]
