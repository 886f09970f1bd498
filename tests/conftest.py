"""Fixtures that every test may use: real servers, and fresh, migrated databases on them.

A server is started once, when the first test asks for it. A test that crashes a server should
have one of its own (`tests.servers.running_postgres`); if the shared one is found dead all the
same, it is started again before the next test.
"""

import asyncio
import faulthandler
import importlib
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redis

from tests.servers import PostgresServer, RedisServer, running_postgres, running_redis

TESTS = Path(__file__).parent
TEMPLATE = "coffer_template"
SERVER_ROLE = "coffer_server"

LONGEST = (
    "torture/test_kill_server.py",
    "torture/test_failures.py",
    "stories/test_story.py",
    "serving/test_drain.py",
    "ledger/test_machine.py",
    "page/test_page.py",
    "serving/test_backup.py",
    "serving/test_spreading.py",
    "serving/test_metrics.py",
    "serving/test_processes.py",
    "serving/test_books_commands.py",
    "serving/test_logs.py",
    "torture/test_hot_wallet.py",
    "stories/test_partners.py",
    "stories/test_withdrawal.py",
    "authorisation/test_over_the_wire.py",
)
"""The modules that take longest, which are run first.

Testers side by side take a module each: one that began last would keep a single one busy for a
minute after the others have nothing left to do.
"""

T = TypeVar("T")


EXIT_SECONDS = 30.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first, and leave all others where they are."""
    turns = {TESTS / name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Fail loudly when a thread that a test left behind keeps the run from ending.

    An unclosed aiosqlite connection does so, after the summary has been printed.
    """
    if hasattr(config, "workerinput"):
        return  # one of several, which may have to wait for the others
    faulthandler.dump_traceback_later(EXIT_SECONDS, exit=True, file=sys.__stderr__ or sys.stderr)


async def prepare_template(url: str) -> None:
    """Bring the database from which each test's database is copied to the current schema."""
    # Imported late: a test of the servers alone needs nothing of the application.
    try:
        database = importlib.import_module("app.database")
    except ModuleNotFoundError as error:
        if error.name not in {"app", "app.database"}:
            raise
        return
    await database.migrate(url)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL that tests share; each has a database of its own on it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis that tests share."""
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of the migrated database that `postgres_url` copies."""
    postgres_server.start()
    url = _run(postgres_server.create_database(TEMPLATE))
    _run(prepare_template(url))
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrated file that `sqlite_url` copies."""
    path = tmp_path_factory.mktemp("template") / "coffer.db"
    _run(prepare_template(f"sqlite://{path}"))
    # Nothing may be left in the write-ahead log, since the file is copied alone.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of a fresh, migrated database on PostgreSQL."""
    postgres_server.start()
    name = f"test_{uuid.uuid4().hex}"
    yield _run(postgres_server.create_database(name, postgres_template))
    postgres_server.start()
    _run(postgres_server.drop_database(name))


@pytest.fixture
def server_role_url(postgres_server: PostgresServer, postgres_url: str) -> str:
    """The address of `postgres_url` for a role that may do no more than a server does."""
    rights = importlib.import_module("models.engines.rights")
    _run(postgres_server.create_role(SERVER_ROLE))
    _run(rights.grant(postgres_url, SERVER_ROLE))
    return postgres_url.replace(f"{postgres_server.role}@", f"{SERVER_ROLE}@")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite file."""
    path = tmp_path / "coffer.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite://{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of an empty Redis."""
    redis_server.start()
    with closing(redis.Redis.from_url(redis_server.url)) as client:
        client.flushall()
    return redis_server.url


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, whatever loop the test has."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
