"""The bus over Redis: it comes back, and nothing depends on it but speed."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.adapters import redis_bus
from app.adapters.redis_bus import RedisBus
from tests.notifications.helpers import feeding, following, numbers, telling, until
from tests.servers import RedisServer, running_redis


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that the test may kill."""
    with running_redis() as server:
        yield server


@pytest_asyncio.fixture
async def buses(own_redis: RedisServer) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """The buses of two processes."""
    pair = RedisBus(own_redis.url), RedisBus(own_redis.url)
    for bus in pair:
        await bus.open()
    yield pair
    for bus in pair:
        await bus.close()


class Counter:
    """A listener that counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        """Count."""
        self.calls += 1


async def test_one_process_tells_another_and_calls_are_joined(
    buses: tuple[RedisBus, RedisBus],
) -> None:
    here, there = buses
    near, far = Counter(), Counter()
    here.listen(near)
    end = there.listen(far)
    await until(lambda: near.calls > 0 < far.calls)  # told once when they began to hear
    near.calls = far.calls = 0
    for _ in range(1000):
        here.wake()
    assert near.calls == 1000
    await until(lambda: far.calls > 0)
    there.wake()
    await until(lambda: near.calls == 1001)
    assert far.calls <= 3
    end()
    far.calls = 0
    there.wake()
    assert far.calls == 0


async def test_a_publication_that_failed_is_made_up_for(
    buses: tuple[RedisBus, RedisBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process still hears Redis, so nothing else would wake it."""
    here, there = buses
    far = Counter()
    there.listen(far)
    here.wake()
    await until(lambda: here.hears and there.hears and not here._untold.is_set())
    real, failed = here._redis.publish, asyncio.Event()

    async def publish(channel: str, message: bytes) -> object:
        if not failed.is_set():
            failed.set()
            raise ConnectionError
        far.calls = 0
        return await real(channel, message)

    monkeypatch.setattr(here._redis, "publish", publish)
    here.wake()
    await failed.wait()
    far.calls = -1_000_000
    await until(lambda: far.calls > 0)


async def test_a_killed_redis_loses_nothing(
    database: str, own_redis: RedisServer, buses: tuple[RedisBus, RedisBus]
) -> None:
    """Nobody looks unasked here: what is told while Redis is away comes with its return."""
    here, there = buses
    async with (
        telling(database, here) as teller,
        feeding(there, poll_s=3600) as feed,
        following(feed, after=0) as items,
    ):
        await teller.tell(1)
        assert await numbers(items, 1) == [1]
        for round_ in range(3):
            await asyncio.to_thread(own_redis.kill9)
            await teller.tell(3 * round_ + 2)
            await teller.tell(3 * round_ + 3)
            await asyncio.to_thread(own_redis.start)
            last = 3 * round_ + 4
            await teller.tell(last)
            assert await numbers(items, last) == [last - 2, last - 1, last]


async def test_without_redis_the_reader_looks_by_itself(
    database: str, own_redis: RedisServer, buses: tuple[RedisBus, RedisBus]
) -> None:
    here, there = buses
    await asyncio.to_thread(own_redis.kill9)
    async with (
        telling(database, here) as teller,
        feeding(there, poll_s=0.05) as feed,
        following(feed, after=0) as items,
    ):
        await teller.tell(1, 2)
        await teller.tell(3)
        assert await numbers(items, 3) == [1, 2, 3]


async def test_a_connection_that_fell_silent_is_given_up(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that went away says no goodbye; here it is a process that is stopped."""
    monkeypatch.setattr(redis_bus, "TIMEOUT_S", 0.05)
    bus, heard = RedisBus(own_redis.url), Counter()
    bus.listen(heard)
    await bus.open()
    try:
        await until(lambda: heard.calls > 0)
        heard.calls = 0
        os.kill(own_redis.pid, signal.SIGSTOP)
        # Quiet for long enough to ask, and to have no answer; then it comes back.
        await until(lambda: not bus.hears)
        os.kill(own_redis.pid, signal.SIGCONT)
        await until(lambda: heard.calls > 0)
    finally:
        await bus.close()


async def test_a_quiet_connection_that_answers_is_kept(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "TIMEOUT_S", 0.05)
    bus, heard = RedisBus(own_redis.url), Counter()
    bus.listen(heard)
    await bus.open()
    try:
        async with asyncio.timeout(30), Redis.from_url(own_redis.url) as redis:
            await until(lambda: bus.hears)
            heard.calls = 0
            pings = 0
            while pings < 3:
                pings = (await redis.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0)
            assert heard.calls == 0
            assert bus.hears
    finally:
        await bus.close()


async def test_it_closes_though_a_cancellation_gets_lost(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client may swallow one that meets Redis's answer, and the task goes on."""
    bus, under_way = RedisBus(own_redis.url), asyncio.Event()

    async def publish(channel: str, message: bytes) -> None:
        del channel, message
        under_way.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(bus._redis, "publish", publish)
    await bus.open()
    bus.wake()
    await under_way.wait()
    async with asyncio.timeout(30):
        await bus.close()
    assert all(task.done() for task in bus._tasks)
