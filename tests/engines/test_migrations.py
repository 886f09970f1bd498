"""The migrations make what the models say, on both engines, however often they are run."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.exceptions import BaseORMException
from tortoise.migrations.api import migrate as tortoise_migrate
from tortoise.migrations.autodetector import MigrationAutodetector

import models
from app.database import connected, migrate, tortoise_config
from models import ApiKey, Partner
from services.parameters import ParameterName, Parameters


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
        "0006_operators_are_people",
        "0007_identities",
        "0008_api_keys",
        "0009_blocks",
        "0010_limits",
        "0011_bank",
        "0012_closing",
        "0013_access",
        "0014_webhooks",
        "0015_growth",
        "0016_vacuum",
    ]


async def test_what_was_there_before_people_came_is_brought_along(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'old.db'}"
    await tortoise_migrate(config=tortoise_config(url), target="models.0003_audit")
    await Tortoise.close_connections()
    partner_id = "0192a1b2-0000-7000-8000-00000000000"
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        for number, kind in enumerate(("OPERATOR", "SALES_PLATFORM")):
            connection.execute(
                "INSERT INTO partner VALUES (?, ?, ?, 'ACTIVE', 'CNY', '2026-01-01 00:00:00')",
                (f"{partner_id}{number}", kind, kind),
            )
            connection.execute(
                "INSERT INTO api_key VALUES (?, ?, ?, '2026-01-01 00:00:00', NULL)",
                (f"{partner_id}{number}", f"{partner_id}{number}", kind),
            )
        connection.execute(
            "INSERT INTO parameter VALUES ('PRIZE_CLAIM_DAYS', 7, '2026-01-01 00:00:00', 'system')"
        )
        connection.execute(
            "INSERT INTO audit_entry (id, principal, action, outcome, at) VALUES"
            " (?, 'system', 'x', 'ALLOWED', '2026-01-01 00:00:00')",
            (f"{partner_id}0",),
        )
    await migrate(url)
    async with connected(url):
        # Operators are people now: their programs' keys open nothing any more.
        assert [partner.kind for partner in await Partner.all()] == ["SALES_PLATFORM"]
        assert [api_key.secret_hash for api_key in await ApiKey.all()] == ["SALES_PLATFORM"]
        assert await Parameters().value(ParameterName.PRIZE_CLAIM_DAYS) == 7
        with pytest.raises(BaseORMException, match="append-only"):
            await get_connection("default").execute_query("DELETE FROM audit_entry")
