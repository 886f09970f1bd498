"""The servers under the tests are real: they start, crash, recover and leave nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from tests.servers import (
    PORTS,
    PostgresServer,
    RedisServer,
    ServerError,
    _children_of,
    _state_of,
    _wait_until,
    running_postgres,
    running_redis,
)

ENDS_SECONDS = 20.0


def gone(pids: list[int]) -> bool:
    """Whether all of the processes end, within a time in which they certainly could."""
    return _wait_until(lambda: all(_state_of(pid) in {None, "Z"} for pid in pids), ENDS_SECONDS)


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@pytest.mark.postgres
async def test_postgres_commits_durably_and_takes_settings() -> None:
    with running_postgres({"lock_timeout": "1234ms"}) as server:
        assert server.port in PORTS
        assert await fetch(server.dsn(), "SHOW lock_timeout") == "1234ms"
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await fetch(server.dsn(), f"SHOW {setting}") == "on"


@pytest.mark.postgres
async def test_postgres_keeps_what_was_committed_through_kill9() -> None:
    with running_postgres() as server:
        url = await server.create_database("kept")
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept (id int PRIMARY KEY)")
        await connection.execute("INSERT INTO kept VALUES (1)")
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("INSERT INTO kept VALUES (2)")

        pids = [server.pid, *_children_of(server.pid)]
        assert len(pids) > 2
        server.kill9()
        assert gone(pids)
        assert not server.running
        with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
            await connection.fetchval("SELECT 1")
        connection.terminate()
        with pytest.raises(OSError, match=r"."):
            await asyncpg.connect(url)

        server.start()
        assert url == server.dsn("kept")
        assert await fetch(url, "SELECT array_agg(id) FROM kept") == [1]
        assert "database system was not properly shut down" in server.log


@pytest.mark.postgres
def test_postgres_stops_and_leaves_nothing() -> None:
    with running_postgres() as server:
        pids = [server.pid, *_children_of(server.pid)]
        server.stop()
        assert gone(pids)
        server.stop()
        server.start()
        pids = [server.pid, *_children_of(server.pid)]
    assert gone(pids)
    assert not server.directory.exists()


@pytest.mark.postgres
def test_postgres_says_why_it_does_not_start() -> None:
    server = PostgresServer({"shared_buffers": "nonsense"})
    try:
        with pytest.raises(ServerError, match="invalid value for parameter"):
            server.start()
        assert not server.running
    finally:
        server.close()


@pytest.mark.postgres
async def test_a_database_is_dropped_though_somebody_is_connected(
    postgres_server: PostgresServer,
) -> None:
    url = await postgres_server.create_database("dropped")
    connection = await asyncpg.connect(url)
    await postgres_server.drop_database("dropped")
    connection.terminate()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)


async def test_redis_keeps_what_it_acknowledged_through_kill9() -> None:
    with running_redis() as server:
        pid = server.pid
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.set("kept", "yes")
        server.kill9()
        assert gone([pid])
        server.start()
        async with redis.asyncio.Redis.from_url(server.url, decode_responses=True) as client:
            assert await client.get("kept") == "yes"
        pid = server.pid
    assert gone([pid])
    assert not server.directory.exists()


def test_a_taken_port_is_left_to_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_redis() as first:
        assert first.port is not None
        # As if the port had been taken between looking and starting.
        looks = iter([True])
        monkeypatch.setattr("tests.servers._is_free", lambda port: next(looks, port != first.port))
        monkeypatch.setattr("random.sample", lambda ports, _: [first.port, *ports[-9:]])
        with running_redis() as second:
            assert second.port != first.port


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a parent's death")
def test_servers_end_with_a_process_that_is_killed() -> None:
    script = (
        "import signal\n"
        "from tests.servers import running_postgres, running_redis\n"
        "with running_postgres() as postgres, running_redis() as redis:\n"
        "    print(postgres.pid, redis.pid, flush=True)\n"
        "    print(postgres.directory, redis.directory, sep='\\n', flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdout is not None
        postgres, valkey = map(int, process.stdout.readline().split())
        directories = [process.stdout.readline().rstrip("\n") for _ in range(2)]
        pids = [postgres, valkey, *_children_of(postgres)]
        assert len(pids) > 3
        process.kill()
    assert gone(pids)
    for directory in directories:
        shutil.rmtree(directory)


def test_redis_is_empty_for_each_test(redis_url: str, redis_server: RedisServer) -> None:
    assert redis_url == redis_server.url
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


@pytest.mark.postgres
@pytest.mark.parametrize("time", ["first", "again"])
async def test_each_test_has_a_fresh_database(time: str, postgres_url: str, redis_url: str) -> None:
    assert await fetch(postgres_url, "SELECT to_regclass('only_mine')") is None
    await fetch(postgres_url, "CREATE TABLE only_mine ()")
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0, time


def test_a_url_for_each_engine(database_url: str, request: pytest.FixtureRequest) -> None:
    engine = request.node.callspec.params["database_url"]
    assert database_url.startswith(f"{engine}:///" if engine == "sqlite" else f"{engine}://")
