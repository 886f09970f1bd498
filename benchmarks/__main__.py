"""``make bench``: Coffer beside pgbench, on one machine, sharing its cores.

The load generator, two server processes, PostgreSQL, Redis and the yardstick all run here. The
measurements take turns in several rounds, so that a machine whose speed drifts drifts for all of
them. After each measurement everything that was acknowledged is looked up, and the whole ledger is
recomputed; the exit code is 1 when something is missing or does not balance. The last line is the
table's medians as one JSON object.
"""

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.key_file import write_keyring
from benchmarks import busy, desk, fan_out, growth
from benchmarks.bench import SMOKE, WHOLE, Bench
from benchmarks.books import NotKept, check_books
from benchmarks.cluster import running_cluster
from benchmarks.compiler import NoCompiler, build_load
from benchmarks.figures import ROWS, as_json, measurements, needed, table
from benchmarks.load import LoadFailed
from benchmarks.pgbench import Yardstick
from benchmarks.requests import registry
from services.vault import Keyring
from tests.servers import running_redis

OPEN_FILES = 20_000
"""A socket for each subscriber, at both ends."""

Measure = Callable[[int], dict[str, float]]


def main() -> int:
    """Run the table and print it; exit with 1 when something acknowledged is missing."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=ROWS, help="this row (repeat for more)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="of each measurement")
    parser.add_argument("--warmup", type=float, default=3, help="seconds before each of them")
    parser.add_argument(
        "--alone", action="store_true", help="without the yardstick, and so without ratios to it"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="a little of everything, to see that it works"
    )
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.seconds, options.warmup = 1, 0.5, 0.1
    allow_open_files()
    begun_s = time.monotonic()
    try:
        with (
            running_cluster() as postgres,
            running_redis() as redis,
            TemporaryDirectory(prefix="coffer-bench-") as directory,
        ):
            bench = Bench(
                postgres,
                redis,
                Path(directory),
                build_load(Path(directory)),
                SMOKE if options.smoke else WHOLE,
                options.warmup,
                options.seconds,
                needed(options.only or list(ROWS)),
            )
            rounds = _run(bench, options.rounds, alone=options.alone)
    except (LoadFailed, NoCompiler, NotKept) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(measurements(rounds))
    rows = [
        name
        for name in options.only or ROWS
        if all(needs in rounds[0] for needs in ROWS[name].needs)
    ]
    if rows:
        print(table(rows, rounds))
    print(f"took {(time.monotonic() - begun_s) / 60:.1f} minutes")
    print(as_json(rows, rounds))
    return 0


def allow_open_files() -> None:
    """Let this process and those that it starts have as many files open as are needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > soft:
        enough = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, enough), hard))


def _run(bench: Bench, count: int, *, alone: bool) -> list[dict[str, float]]:
    """Prepare what is wanted, and measure it round by round."""
    write_keyring(bench.key_file, Keyring.fresh())
    bench.registry.write_bytes(registry())
    measures, checks = _prepare(bench, alone=alone)
    rounds: list[dict[str, float]] = []
    for number in range(1, count + 1):
        print(f"round {number}", flush=True)
        measured: dict[str, float] = {}
        for measure in measures:
            measured |= measure(number)
        rounds.append(measured)
    for check in checks:
        check()
    return rounds


def _prepare(bench: Bench, *, alone: bool) -> tuple[list[Measure], list[Callable[[], None]]]:
    """Return what each round does, and what is done after the last."""
    measures: list[Measure] = []
    checks: list[Callable[[], None]] = []
    sizes = bench.sizes
    if bench.wants(*busy.NAMES, *fan_out.NAMES):
        _tell("laying out the arena")
        arena = bench.lay_out(
            "busy", sizes.busy, signed_in=sizes.busy.players, watchers=sizes.watchers
        )
    if bench.wants(*busy.NAMES):
        yardstick = None
        if not alone:
            _tell("filling pgbench's tables")
            yardstick = Yardstick.fill(bench.postgres, sizes.pgbench_scale)
        measures.append(lambda _: busy.measure_busy(bench, arena, yardstick))
    if bench.wants(*fan_out.NAMES):
        measures.append(lambda _: fan_out.measure_fan(bench, arena))
    if bench.wants(*desk.NAMES):
        _tell("laying out a file for SQLite")
        file = desk.lay_out_sqlite(bench)
        measures.append(lambda _: desk.measure_desk(bench, file))
    if bench.wants(*growth.NAMES):
        _tell(f"laying out {sizes.small.lines} and {sizes.large.lines} lines")
        small = bench.lay_out("small", sizes.small, signed_in=1)
        large = bench.lay_out("large", sizes.large, signed_in=1)
        measures.append(lambda number: growth.measure_growth(bench, small, large, number))

        def check_large() -> None:
            _tell("recomputing the large ledger")
            lines = asyncio.run(check_books(large.settings.database_url))
            _tell(f"its {lines} lines balance")

        checks.append(check_large)
    return measures, checks


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
