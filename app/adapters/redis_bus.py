"""The bus between processes: one Redis channel, of which nothing depends but speed."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from app.adapters.local_bus import LocalBus
from services.notifications.bus import Listener

log = structlog.get_logger(__name__)

CHANNEL = "coffer:feed"
TIMEOUT_S = 5.0
"""After how long a silent Redis is asked whether it lives, or given up."""

AGAIN_S = 0.1
"""After how long a task that was told to end is told again."""

FIRST_PAUSE_S, LAST_PAUSE_S = 0.05, 2.0
"""How long to wait before reaching for Redis again: doubled each time, up to the last."""


class RedisBus:
    """``Bus`` over Redis publish and subscribe.

    Listeners of this process are told without Redis. Calls that come while one publication is
    under way become one more. Two tasks, the teller and the hearer, each begin again for ever when
    Redis goes away; after each new beginning everybody is told once, for what was missed.
    """

    def __init__(self, url: str, channel: str = CHANNEL) -> None:
        self.hears = False
        """Whether Redis would tell this process of the others' wake-ups now."""
        self._channel = channel
        self._name = uuid4().hex.encode()
        self._local = LocalBus()
        self._untold = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        # Trying again is the tasks' own business: a command that fails should fail at once.
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )

    async def open(self) -> None:
        """Begin to carry wake-ups, as soon as Redis can be reached."""
        self._tasks = [
            asyncio.create_task(self._for_ever(self._tell), name="bus teller"),
            asyncio.create_task(self._for_ever(self._hear), name="bus hearer"),
        ]

    async def close(self) -> None:
        """Carry no more, and disconnect."""
        running = set(self._tasks)
        while running:
            # A cancellation that meets Redis's answer may be swallowed on its way (seen with Python
            # 3.11 in every twentieth close just after a commit); so it is repeated until heard.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=AGAIN_S)
        await self._local.close()
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    def wake(self) -> None:
        """Tell the listeners here, and those elsewhere as soon as may be."""
        self._local.wake()
        self._untold.set()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of wake-ups, and return what ends that."""
        return self._local.listen(listener)

    async def _for_ever(self, work: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        pause_s = FIRST_PAUSE_S

        def well() -> None:
            nonlocal pause_s
            pause_s = FIRST_PAUSE_S

        while True:
            try:
                await work(well)
            except (RedisError, OSError) as error:
                log.warning("bus lost", error=type(error).__name__, again_in_s=pause_s)
            except Exception:
                log.exception("bus fault")
            # Spread out, so that many processes do not fall upon a Redis that has just come back.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - guards nothing
            pause_s = min(pause_s * 2, LAST_PAUSE_S)

    async def _tell(self, well: Callable[[], None]) -> None:
        while True:
            await self._untold.wait()
            self._untold.clear()
            try:
                await self._redis.publish(self._channel, self._name)
            except BaseException:
                self._untold.set()
                raise
            well()

    async def _hear(self, well: Callable[[], None]) -> None:
        try:
            await self._listen_to_redis(well)
        finally:
            self.hears = False

    async def _listen_to_redis(self, well: Callable[[], None]) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(self._channel)
            asked = False
            while True:
                message = await channel.get_message(timeout=TIMEOUT_S)
                if message is None:
                    # A connection may die without a word: then it does not answer a ping either.
                    if asked:
                        raise RedisConnectionError("no answer to a ping")
                    await channel.ping()
                    asked = True
                    continue
                asked = False
                if message["type"] == "subscribe":
                    well()
                    self.hears = True
                    self._local.wake()
                elif message["type"] == "message" and message["data"] != self._name:
                    self._local.wake()
