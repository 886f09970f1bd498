"""The throttle that several processes share, in Redis."""

import contextlib
from datetime import datetime, timedelta

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.adapters.local_throttle import LocalThrottle
from services.throttling import Rate

log = structlog.get_logger(__name__)

PREFIX = "coffer:throttle:"
TIMEOUT_S = 2.0

SPEND = """
local due = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
local now, every, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if due < now or due > now + burst * every then due = now end
local wait = due + every - burst * every - now
if wait > 0 then return wait end
due = due + every
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return 0
"""
"""``Rate.spend`` in one step, in microseconds; what is whole again is forgotten."""

GIVE_BACK = """
local due = tonumber(redis.call('GET', KEYS[1]) or '0')
local now, every = tonumber(ARGV[1]), tonumber(ARGV[2])
due = due - every
if due <= now then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], string.format('%.0f', due), 'KEEPTTL') end
return 0
"""

_MICROSECOND = timedelta(microseconds=1)


class RedisThrottle:
    """``Throttle`` over Redis. While Redis is away each process counts for itself.

    So an outage of Redis neither keeps everybody out nor lets anybody guess without end.
    """

    def __init__(self, url: str) -> None:
        self._alone = LocalThrottle()
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._spend = self._redis.register_script(SPEND)
        self._give_back = self._redis.register_script(GIVE_BACK)

    async def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    async def spend(self, key: str, rate: Rate, now: datetime) -> timedelta | None:
        """Spend one try, or return how long to wait because none is left."""
        figures = (_since_epoch(now), rate.every // _MICROSECOND, rate.burst)
        try:
            wait = int(await self._spend(keys=[PREFIX + key], args=figures))
        except (RedisError, OSError) as error:
            log.warning("throttle lost", error=type(error).__name__)
            return await self._alone.spend(key, rate, now)
        return wait * _MICROSECOND if wait else None

    async def give_back(self, key: str, rate: Rate, now: datetime) -> None:
        """Let a try that was spent not have counted."""
        figures = (_since_epoch(now), rate.every // _MICROSECOND)
        try:
            await self._give_back(keys=[PREFIX + key], args=figures)
        except (RedisError, OSError) as error:
            log.warning("throttle lost", error=type(error).__name__)
            await self._alone.give_back(key, rate, now)


def _since_epoch(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
