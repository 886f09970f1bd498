"""A database that is away is told from a fault of our own, however deep it lies."""

import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from tortoise.exceptions import DBConnectionError, OperationalError

from models.engines.away import database_is_away


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("111"),
        TimeoutError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        DBConnectionError("no"),
        asyncpg.DiskFullError("could not extend file: No space left on device"),
        asyncpg.PostgresIOError("could not write block"),
        asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
    ],
)
def test_away(error: Exception) -> None:
    assert database_is_away(error)
    outer = OperationalError("wrapped")
    outer.__cause__ = error
    assert database_is_away(outer)


@pytest.mark.parametrize(
    "error",
    [
        None,
        RuntimeError("broken"),
        KeyError("id"),
        OperationalError("no such column"),
        asyncpg.UniqueViolationError("taken"),
        asyncpg.UndefinedColumnError("none"),
    ],
)
def test_not_away(error: Exception | None) -> None:
    assert not database_is_away(error)


def test_a_locked_file_is_away_and_a_missing_table_is_not(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as one,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other,
    ):
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as locked:
            other.execute("BEGIN IMMEDIATE")
        assert database_is_away(locked.value)
        with pytest.raises(sqlite3.OperationalError) as missing:
            one.execute("SELECT * FROM nowhere")
        assert not database_is_away(missing.value)
