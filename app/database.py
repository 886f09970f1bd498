"""Tortoise's connection to the database, and its migrations."""

import pkgutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.migrations.api import migrate as tortoise_migrate
from tortoise.migrations.recorder import MigrationRecorder

from models import migrations
from models.engines.sqlite import PRAGMAS

POOL_SIZE = 8
"""Reading connections of one process on PostgreSQL; the desk has its own beside them."""
SERVER_TIMEOUTS = {
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
}
"""How long PostgreSQL works, or waits, for a server on such a connection. Commands and workers have
no such haste."""


def tortoise_config(url: str, timeouts: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return Tortoise's configuration for ``sqlite:///path`` or ``postgres://user:password@host/db``.

    Args:
        url: Where the database is.
        timeouts: Settings of PostgreSQL's that hold for each connection.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        connection: dict[str, object] = {
            "engine": "tortoise.backends.sqlite",
            "credentials": {"file_path": url.removeprefix("sqlite://"), **PRAGMAS},
        }
    else:
        connection = {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {
                "host": parts.hostname,
                "port": parts.port or 5432,
                "user": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "database": parts.path.lstrip("/"),
                "minsize": 1,
                "maxsize": POOL_SIZE,
                "application_name": "coffer",
                "reset": _leave_as_it_is,
                "server_settings": dict(timeouts or {}),
                **dict(parse_qsl(parts.query)),
            },
        }
    return {
        "connections": {"default": connection},
        "apps": {
            "models": {
                "models": ["models"],
                "default_connection": "default",
                "migrations": "models.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def _leave_as_it_is(_: object) -> None:
    """Spare a connection that goes back to the pool a statement that undoes what nobody does.

    Nothing here changes a session, listens, or keeps a lock or cursor beyond its transaction; the
    driver still ends a transaction that was left open.
    """


@asynccontextmanager
async def connected(url: str, timeouts: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Open Tortoise's connections for the time of the block."""
    # Tortoise keeps statements by connection name, though their dialect is the connection's: in a
    # process that meets both engines the second one would be given the first one's SQL.
    EXECUTOR_CACHE.clear()
    await Tortoise.init(config=tortoise_config(url, timeouts), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()


class NotMigrated(Exception):
    """The database's tables are not those of this version."""


async def require_migrated() -> None:
    """Check the connected database.

    Raises:
        NotMigrated: A migration has not been applied to it.
    """
    connection = get_connection("default")
    await connection.execute_query("SELECT 1")  # whether it is there at all
    # Empty where there is not even the table that says so.
    applied = await MigrationRecorder(connection).applied_migrations()
    names = {str(key.name) for key in applied}
    if any(module.name not in names for module in pkgutil.iter_modules(migrations.__path__)):
        raise NotMigrated("the database is not up to date: run `python -m app migrate`")


async def migrate(url: str) -> None:
    """Bring the database's tables up to date.

    Raises:
        NotMigrated: The role that connects may not do that.
    """
    try:
        await tortoise_migrate(config=tortoise_config(url))
    except OperationalError as error:
        if isinstance(error.__cause__, asyncpg.InsufficientPrivilegeError):
            message = f"this role may not migrate the database ({error}): migrate as its owner"
            raise NotMigrated(message) from error
        raise
    finally:
        await Tortoise.close_connections()


async def bring_up_to_date(url: str) -> None:
    """Migrate the database if it is not up to date; one that is needs no rights for it."""
    try:
        async with connected(url):
            await require_migrated()
    except NotMigrated:
        await migrate(url)


MAKE_MIGRATIONS = tortoise_config("sqlite://:memory:")
"""For ``tortoise -c app.database.MAKE_MIGRATIONS makemigrations`` after a model has changed."""
