"""Purchases and reads, with everything warm: the rows that pgbench is the yardstick of."""

import asyncio
import statistics

from benchmarks.arena import Arena
from benchmarks.bench import Bench, Served
from benchmarks.books import check_books
from benchmarks.load import Load, new_run
from benchmarks.pgbench import Yardstick
from benchmarks.requests import account_read, any_purchase, many_purchases, trusted_purchase

CONNECTIONS = 64
OPEN_CONNECTIONS = 256
"""Of the open loop: enough that none has to wait for a connection while the servers keep up."""
SHARE = 0.7
"""Of the rate just measured, at which latency is."""
SIZE = 100
SENDERS = 4
"""How many send mutations of ``SIZE`` purchases at once."""

NAMES = ("any_per_s", "trusted_per_s", "open_p99_ms", "many_per_s", "read_per_s")


def measure_busy(bench: Bench, arena: Arena, yardstick: Yardstick | None) -> dict[str, float]:
    """Return a round's figures; half of the yardstick is taken before Coffer's, half after.

    Raises:
        LoadFailed: A request was not answered as it should be.
        NotKept: Something acknowledged is missing, or the books do not balance.
    """
    measured: dict[str, float] = {}
    whole: list[float] = []
    with bench.copied(arena, "busy_round") as copy:
        with bench.serving(copy) as served:
            if yardstick is not None:
                whole.append(yardstick.tpcb(bench.seconds / 2))
            if bench.wants("any_per_s"):
                measured["any_per_s"] = _any(served).per_s
            if bench.wants("trusted_per_s", "open_p99_ms"):
                measured["trusted_per_s"] = _trusted(served).per_s
            if yardstick is not None and bench.wants("pgbench_hot_per_s"):
                measured["pgbench_hot_per_s"] = yardstick.hot(bench.seconds)
            if bench.wants("open_p99_ms"):
                rate = SHARE * measured["trusted_per_s"]
                measured["open_p99_ms"] = _open(served, rate).p99_ms
            if bench.wants("many_per_s"):
                measured["many_per_s"] = _many(served).per_s
            if yardstick is not None:
                whole.append(yardstick.tpcb(bench.seconds / 2))
                measured["pgbench_per_s"] = statistics.mean(whole)
            if bench.wants("read_per_s"):
                measured["read_per_s"] = _read(served).per_s
            if yardstick is not None and bench.wants("pgbench_select_per_s"):
                measured["pgbench_select_per_s"] = yardstick.select(bench.seconds)
        asyncio.run(check_books(copy.settings.database_url))
    return measured


def _any(served: Served) -> Load:
    run = new_run()
    load = served.buy(any_purchase(served.arena, run), run, CONNECTIONS)
    return _tell("purchases, any document", load)


def _trusted(served: Served) -> Load:
    run = new_run()
    load = served.buy(trusted_purchase(served.arena, run), run, CONNECTIONS)
    return _tell("purchases, trusted document", load)


def _open(served: Served, rate: float) -> Load:
    run = new_run()
    load = served.buy(trusted_purchase(served.arena, run), run, OPEN_CONNECTIONS, rate=rate)
    return _tell(f"the same, {rate:.0f} /s asked for", load)


def _many(served: Served) -> Load:
    run = new_run()
    load = served.buy(many_purchases(served.arena, run, SIZE), run, SENDERS)
    return _tell(f"purchases, mutations of {SIZE}", load)


def _read(served: Served) -> Load:
    return _tell("accounts read", served.load(account_read(served.arena), CONNECTIONS))


def _tell(what: str, load: Load) -> Load:
    print(f"  {what}: {load}", flush=True)
    return load
