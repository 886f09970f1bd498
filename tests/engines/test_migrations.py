"""The migrations make what the models say, on both engines, however often they are run."""

from typing import Any, cast

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.autodetector import MigrationAutodetector

import models
from app.database import connected, migrate, tortoise_config


async def test_no_model_has_changed_without_a_migration(sqlite_url: str) -> None:
    apps = cast("dict[str, Any]", tortoise_config(sqlite_url)["apps"])
    async with connected(sqlite_url):
        assert Tortoise.apps is not None
        changes = await MigrationAutodetector(Tortoise.apps, apps).changes()
    assert [(change.name, change.operations) for change in changes] == []


async def test_every_table_is_there_and_migrating_again_changes_nothing(database_url: str) -> None:
    await migrate(database_url)
    async with connected(database_url):
        for name in models.__all__:
            await getattr(models, name).all().limit(1)
        applied = await get_connection("default").execute_query_dict(
            "SELECT name FROM tortoise_migrations ORDER BY name"
        )
    assert [row["name"] for row in applied] == [
        "0001_core",
        "0002_enforcement",
        "0003_audit",
        "0004_staff",
        "0005_sessions",
    ]
