"""The token buckets of several processes, brought together in Redis."""

import asyncio
import contextlib

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.rates import Buckets
from services.secrets import secret_hash

log = structlog.get_logger(__name__)

PREFIX = "coffer:rate:"
TIMEOUT_S = 2.0
SETTLE_S = 0.2
"""How often processes tell each other what they have spent."""
LONGEST_PAUSE_S = 5.0
AT_ONCE = 1_000
"""How many buckets go into one call."""

SETTLE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full_in = {}
for place, key in ipairs(KEYS) do
    local full_at = tonumber(redis.call('GET', key) or '0')
    if full_at < now then full_at = now end
    full_at = full_at + tonumber(ARGV[place])
    full_in[place] = full_at - now
    local milliseconds = math.ceil((full_at - now) / 1000) + 1
    redis.call('SET', key, string.format('%.0f', full_at), 'PX', milliseconds)
end
return full_in
"""
"""Adds what was spent, in microseconds by the server's clock, and tells when each will be full."""


class RedisBuckets:
    """Brings together what the processes' buckets have spent, a few times a second.

    No operation waits for it: each process decides by what it knows. So a caller who is at several
    processes at once may get a fifth of a second more out of them; and while Redis is away, as much
    from each of them as from one.
    """

    def __init__(self, url: str, buckets: Buckets) -> None:
        self._buckets = buckets
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._settle = self._redis.register_script(SETTLE)

    async def settle_until(self, stop: asyncio.Event) -> None:
        """Settle again and again, and in the end disconnect."""
        pause_s = SETTLE_S
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
            try:
                await self.settle()
                pause_s = SETTLE_S
            except (RedisError, OSError) as error:
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                log.warning("rates unshared", error=type(error).__name__, again_in_s=pause_s)
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    async def settle(self) -> None:
        """Tell what was spent here, and learn what was spent everywhere.

        Raises:
            RedisError: Redis is away.
        """
        spent = [*self._buckets.take_unsettled().items()]
        for begin in range(0, len(spent), AT_ONCE):
            some = spent[begin : begin + AT_ONCE]
            # Addresses are personal; Redis needs only to tell them apart.
            keys = [f"{PREFIX}{rate}:{secret_hash(whose)}" for (rate, whose), _ in some]
            amounts = [round(spent_s * 1_000_000) for _, spent_s in some]
            full_in = await self._settle(keys=keys, args=amounts)
            for (key, _), microseconds in zip(some, full_in, strict=True):
                self._buckets.settle(key, int(microseconds) / 1_000_000)
