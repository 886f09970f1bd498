"""What all measurements share: the servers that run, and how much is done."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.database import migrate
from app.settings import Settings
from benchmarks.arena import Arena, lay_out
from benchmarks.books import check_acknowledged
from benchmarks.load import Generator, Load, Template
from benchmarks.past import Past
from benchmarks.processor import cpu_by_group, resident_kib
from services.people.sessions import TOKEN_LIFE
from tests.servers import PostgresServer, RedisServer
from tests.stories.coffer import Coffer


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is there, and how many take part.

    Attributes:
        pgbench_scale: Of the yardstick.
        busy: The past of the database where most rows are measured.
        small: Of the smaller one where size itself is.
        large: Of the larger one.
        last_page: Of the long account in the larger one.
        watchers: How many wait for an alert.
        alerts: How many alerts are measured in a round.
        waiting: How many wait at the desk on SQLite.
    """

    pgbench_scale: int
    busy: Past
    small: Past
    large: Past
    last_page: int
    watchers: int
    alerts: int
    waiting: int


WHOLE = Sizes(
    pgbench_scale=100,
    busy=Past(players=4_000, purchases_each=20),
    small=Past(players=1_000, purchases_each=3, longest=1_000),
    large=Past(players=100_000, purchases_each=48, longest=100_000),
    last_page=1_000,
    watchers=5_000,
    alerts=5,
    waiting=256,
)
SMOKE = Sizes(
    pgbench_scale=1,
    busy=Past(players=20, purchases_each=20),
    small=Past(players=10, purchases_each=3, longest=30),
    large=Past(players=20, purchases_each=3, longest=100),
    last_page=3,
    watchers=20,
    alerts=1,
    waiting=16,
)
"""Enough to see that everything works; its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The means of every measurement.

    Attributes:
        postgres: Runs the yardstick and Coffer's databases.
        redis: Coffer's.
        directory: For files of all kinds.
        program: The load generator.
        sizes: How much there is.
        warmup_s: Before each measurement of requests.
        seconds: Of each measurement.
        wanted: What is measured.
    """

    postgres: PostgresServer
    redis: RedisServer
    directory: Path
    program: Path
    sizes: Sizes
    warmup_s: float
    seconds: float
    wanted: frozenset[str]

    @property
    def key_file(self) -> Path:
        """Where the data keys are."""
        return self.directory / "keys.json"

    @property
    def registry(self) -> Path:
        """Where the trusted documents are."""
        return self.directory / "trusted.json"

    def wants(self, *names: str) -> bool:
        """Tell whether one of these is to be measured."""
        return not self.wanted.isdisjoint(names)

    def lay_out(self, name: str, past: Past, *, signed_in: int = 0, watchers: int = 0) -> Arena:
        """Make a database, and what is in it before anything is measured."""
        url = asyncio.run(self.postgres.create_database(name))
        asyncio.run(migrate(url))
        settings = Settings(database_url=url, redis_url=self.redis.url, key_file=self.key_file)
        return asyncio.run(lay_out(settings, past, signed_in=signed_in, watchers=watchers))

    @contextmanager
    def copied(self, arena: Arena, name: str) -> Iterator[Arena]:
        """Have a copy of an arena's database, as fresh as it was, for the time of the block."""
        original = arena.settings.database_url.rpartition("/")[2]
        yield arena.at(asyncio.run(self.postgres.create_database(name, original)))
        asyncio.run(self.postgres.drop_database(name))

    @contextmanager
    def serving(self, arena: Arena) -> Iterator["Served"]:
        """Serve an arena with two processes for the time of the block."""
        coffer = Coffer(
            {
                "COFFER_DATABASE_URL": arena.settings.database_url,
                "COFFER_REDIS_URL": self.redis.url,
                "COFFER_KEY_FILE": str(self.key_file),
                "COFFER_TRUSTED_DOCUMENTS": str(self.registry),
                # The load comes from one address, and the reading of it from few people.
                "COFFER_RATE_CUSTOMER": "none",
                "COFFER_RATE_ADDRESS": "none",
                "COFFER_RATE_NOBODY": "none",
            },
            workers=2,
        )
        # Nobody refreshes tokens here, so they are as if they had just been given.
        renewal = "UPDATE session SET token_expires_at = now() + $1"
        asyncio.run(_execute(arena.settings.database_url, renewal, TOKEN_LIFE))
        try:
            coffer.start()
            yield Served(self, arena, coffer)
        finally:
            coffer.close()

    def settle(self) -> None:
        """Have the database write what waits to be written, so that nobody pays for another."""
        asyncio.run(_execute(self.postgres.dsn(), "CHECKPOINT"))


@dataclass(frozen=True, slots=True)
class Served:
    """An arena that is being served."""

    bench: Bench
    arena: Arena
    coffer: Coffer

    def load(
        self,
        template: Template,
        connections: int,
        *,
        rate: float | None = None,
        seconds: float | None = None,
    ) -> Load:
        """Put load on the servers.

        Raises:
            LoadFailed: A request was not answered as it should be.
        """
        generator = Generator(self.bench.program, self.coffer.port, self.read_cpu)
        self.bench.settle()
        seconds = seconds or self.bench.seconds
        return generator.run(template, connections, self.bench.warmup_s, seconds, rate)

    def buy(
        self, template: Template, run: str, connections: int, *, rate: float | None = None
    ) -> Load:
        """Put purchases on the servers, and look up everything that was acknowledged.

        Raises:
            LoadFailed: A purchase was not made.
            NotKept: One that was acknowledged is not there.
        """
        load = self.load(template, connections, rate=rate)
        arena = self.arena
        asyncio.run(
            check_acknowledged(
                arena.settings.database_url,
                arena.platform_id,
                arena.draw_id,
                run,
                load.acknowledged,
            )
        )
        return load

    def read_cpu(self) -> dict[str, float]:
        """Return the processor time that has been used, by groups of processes."""
        return cpu_by_group(
            {
                "servers": self.coffer.parent_pid,
                "postgres": self.bench.postgres.pid,
                "redis": self.bench.redis.pid,
            }
        )

    def resident_kib(self) -> int:
        """Return how much memory the server processes have in use."""
        return sum(map(resident_kib, self.coffer.server_pids()))


async def _execute(url: str, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
