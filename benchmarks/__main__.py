"""``make bench``: purchases a second over GraphQL, beside pgbench.

Everything runs on this machine and shares its cores: the load generator, two server processes,
PostgreSQL with its defaults for durability, and Redis. The measurements take turns in several
rounds, so that a machine whose speed drifts drifts for all of them; the medians are printed, each
as a ratio to the pgbench of its own round. After each measurement everything that was acknowledged
is looked up, and in the end the whole ledger is recomputed.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.database import migrate
from app.key_file import write_keyring
from app.settings import Settings
from benchmarks.arena import Arena, lay_out
from benchmarks.books import NotKept, check_acknowledged, check_books
from benchmarks.cluster import running_cluster
from benchmarks.compiler import build_load
from benchmarks.load import Generator, Load, LoadFailed, Template, new_run
from benchmarks.pgbench import measure_pgbench, prepare
from benchmarks.processor import cpu_by_group
from benchmarks.requests import any_purchase, many_purchases, registry, trusted_purchase
from services.vault import Keyring
from tests.servers import PostgresServer, RedisServer, running_redis
from tests.stories.coffer import Coffer

CONNECTIONS = 64
SIZE = 100
ROWS = ("purchase_any", "purchase_trusted", "purchases_100")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the rows are measured."""

    arena: Arena
    generator: Generator
    warmup_s: float
    seconds: float

    def buy(self, row: str) -> Load:
        """Measure a row of purchases, and look up what was acknowledged."""
        run = new_run()
        connections, template = CONNECTIONS, self._template(row, run)
        if row == "purchases_100":
            connections //= 16
        load = self.generator.run(template, connections, self.warmup_s, self.seconds)
        arena = self.arena
        assert arena.platform.id is not None  # noqa: S101 - it has one
        asyncio.run(
            check_acknowledged(
                arena.settings.database_url,
                arena.platform.id,
                arena.draw_id,
                run,
                load.acknowledged,
            )
        )
        return load

    def _template(self, row: str, run: str) -> Template:
        if row == "purchase_any":
            return any_purchase(self.arena, run)
        if row == "purchase_trusted":
            return trusted_purchase(self.arena, run)
        return many_purchases(self.arena, run, SIZE)


def main() -> int:
    """Run the table and print it; exit with 1 when something acknowledged is missing."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=ROWS, help="these rows alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="of each measurement")
    parser.add_argument("--warmup", type=float, default=3, help="seconds before each of them")
    parser.add_argument("--scale", type=int, default=100, help="of pgbench; 0 leaves it out")
    options = parser.parse_args()
    try:
        with (
            running_cluster() as postgres,
            running_redis() as redis,
            TemporaryDirectory(prefix="coffer-bench-") as directory,
        ):
            return _run(options, postgres, redis, Path(directory))
    except (LoadFailed, NotKept) as failure:
        print(failure, file=sys.stderr)
        return 1


def _run(
    options: argparse.Namespace, postgres: PostgresServer, redis: RedisServer, directory: Path
) -> int:
    program = build_load(directory)
    settings = Settings(
        database_url=asyncio.run(postgres.create_database("coffer")),
        redis_url=redis.url,
        key_file=directory / "keys.json",
    )
    write_keyring(settings.key_file, Keyring.fresh())
    (directory / "trusted.json").write_bytes(registry())
    asyncio.run(migrate(settings.database_url))
    yardstick_url = ""
    if options.scale:
        yardstick_url = asyncio.run(postgres.create_database("yardstick"))
        asyncio.run(prepare(yardstick_url, options.scale))
    arena = asyncio.run(lay_out(settings))
    rounds: list[dict[str, float]] = []
    with two_servers(arena, directory / "trusted.json") as coffer:
        groups = {"servers": coffer.parent_pid, "postgres": postgres.pid, "redis": redis.pid}
        generator = Generator(program, coffer.port, lambda: cpu_by_group(groups))
        stage = Stage(arena, generator, options.warmup, options.seconds)
        for number in range(options.rounds):
            row: dict[str, float] = {}
            if yardstick_url:
                row["pgbench"] = asyncio.run(measure_pgbench(yardstick_url, options.seconds))
            for name in options.only or ROWS:
                load = stage.buy(name)
                row[name] = load.per_s
                print(f"round {number + 1}: {name}: {told(load)}", flush=True)
            rounds.append(row)
    lines = asyncio.run(check_books(settings.database_url))
    print(f"the books balance: {lines} lines")
    _print(rounds)
    return 0


@contextmanager
def two_servers(arena: Arena, trusted: Path) -> Iterator[Coffer]:
    """Serve the arena's database with two processes."""
    settings = arena.settings
    coffer = Coffer(
        {
            "COFFER_DATABASE_URL": settings.database_url,
            "COFFER_REDIS_URL": settings.redis_url or "",
            "COFFER_KEY_FILE": str(settings.key_file),
            "COFFER_TRUSTED_DOCUMENTS": str(trusted),
        },
        workers=2,
    )
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()


def told(load: Load) -> str:
    """Return what a run gave, in a line."""
    used = ", ".join(f"{name} {used_s * 1e6:.0f}" for name, used_s in load.cpu_s.items())
    return (
        f"{load.per_s:.0f} /s; ms p50 {load.p50_ms:.1f} p99 {load.p99_ms:.1f}"
        f" max {load.max_ms:.1f}; µs of processor each: {used},"
        f" in all {sum(load.cpu_s.values()) * 1e6:.0f}"
    )


def _print(rounds: list[dict[str, float]]) -> None:
    medians = {name: statistics.median(row[name] for row in rounds) for name in rounds[0]}
    print(f"{'':24} {'median':>10} {'least':>10} {'most':>10}  ÷ pgbench")
    for name, median in medians.items():
        values = [row[name] for row in rounds]
        ratio = ""
        if "pgbench" in rounds[0]:
            ratio = f"{statistics.median(row[name] / row['pgbench'] for row in rounds):.2f}"
        print(f"{name:24} {median:10.1f} {min(values):10.1f} {max(values):10.1f}  {ratio}")
    print(json.dumps({name: round(value, 3) for name, value in medians.items()}))


if __name__ == "__main__":
    sys.exit(main())
