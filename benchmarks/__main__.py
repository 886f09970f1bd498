"""``make bench``: purchases a second, at the desk and over GraphQL, beside pgbench.

Everything runs on this machine and shares its cores: the load generator, two server processes,
PostgreSQL with its defaults for durability, and Redis. The measurements take turns in several
rounds, so that a machine whose speed drifts drifts for all of them; the medians are printed, each
as a ratio to the pgbench of its own round.
"""

import argparse
import asyncio
import json
import statistics
import sys

from app.database import migrate
from app.key_file import write_keyring
from app.settings import Settings
from benchmarks.arena import lay_out
from benchmarks.desk import measure_desk
from benchmarks.graphql import measure_purchase, measure_purchases, two_servers
from benchmarks.pgbench import measure_pgbench, prepare
from services.actors import SYSTEM
from services.ledger.check import check_ledger
from services.vault import Keyring
from tests.servers import running_postgres, running_redis

POSTGRES = {"shared_buffers": "1GB", "max_wal_size": "8GB", "max_connections": "200"}
CONNECTIONS = 64
SIZE = 100


def main() -> int:
    """Run the table and print it; exit with 1 when the books do not balance afterwards."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--scale", type=int, default=100, help="of pgbench")
    options = parser.parse_args()
    with running_postgres(POSTGRES) as postgres, running_redis() as redis:
        yardstick_url = asyncio.run(postgres.create_database("yardstick"))
        settings = Settings(
            database_url=asyncio.run(postgres.create_database("coffer")),
            redis_url=redis.url,
            key_file=postgres.directory / "keys.json",
        )
        write_keyring(settings.key_file, Keyring.fresh())
        asyncio.run(migrate(settings.database_url))
        asyncio.run(prepare(yardstick_url, options.scale))
        arena = asyncio.run(lay_out(settings))
        rounds: list[dict[str, float]] = []
        with two_servers(arena) as coffer:
            for number in range(-1, options.rounds):
                # The first round warms up and is not counted.
                seconds = options.seconds if number >= 0 else min(options.seconds, 3)
                row: dict[str, float] = {}
                row["pgbench"] = asyncio.run(measure_pgbench(yardstick_url, seconds))
                desk = asyncio.run(measure_desk(arena, CONNECTIONS, seconds))
                row["desk_64"] = desk.per_s
                row["desk_64_commands_per_transaction"] = desk.commands_per_transaction
                row["desk_256"] = asyncio.run(measure_desk(arena, 256, seconds)).per_s
                one = asyncio.run(measure_purchase(arena, coffer.port, CONNECTIONS, seconds))
                many = asyncio.run(
                    measure_purchases(arena, coffer.port, CONNECTIONS // 16, SIZE, seconds)
                )
                if failures := one.failures + many.failures:
                    print(f"a purchase was not made: {failures[0]}", file=sys.stderr)
                    return 1
                row["graphql_purchase"] = one.answered / one.took_s
                row["graphql_purchase_p99_ms"] = (
                    statistics.quantiles(one.latencies_s, n=100)[98] * 1000
                )
                row["graphql_purchases_100"] = many.answered / many.took_s
                if number >= 0:
                    rounds.append(row)
                print(f"round {number + 1}: {row}", file=sys.stderr)
        report = asyncio.run(check_ledger(settings.database_url, SYSTEM))
    _print(rounds)
    for difference in report.differences:
        print(f"the books do not agree: {difference}", file=sys.stderr)
    return 0 if report.is_sound else 1


def _print(rounds: list[dict[str, float]]) -> None:
    medians = {name: statistics.median(row[name] for row in rounds) for name in rounds[0]}
    print(f"{'':34} {'median':>10} {'least':>10} {'most':>10}  ÷ pgbench")
    for name, median in medians.items():
        values = [row[name] for row in rounds]
        ratio = ""
        if not name.endswith(("_ms", "_transaction")):
            ratio = f"{statistics.median(row[name] / row['pgbench'] for row in rounds):.2f}"
        print(f"{name:34} {median:10.1f} {min(values):10.1f} {max(values):10.1f}  {ratio}")
    print(json.dumps({name: round(value, 3) for name, value in medians.items()}))


if __name__ == "__main__":
    sys.exit(main())
