"""What a subscriber costs, and how soon thousands of them hear of an alert."""

import asyncio
import statistics

from benchmarks.arena import Arena
from benchmarks.bench import Bench
from benchmarks.books import check_books
from benchmarks.subscribers import measure_fan_out

NAMES = ("fanout_ms", "subscriber_kib")


def measure_fan(bench: Bench, arena: Arena) -> dict[str, float]:
    """Return a round's figures, of servers that have just started.

    Raises:
        LoadFailed: An alert did not reach everybody.
        NotKept: The books do not balance.
    """
    with bench.copied(arena, "fan_round") as copy:
        with bench.serving(copy) as served:
            found = asyncio.run(
                measure_fan_out(
                    copy,
                    bench.program,
                    served.coffer.port,
                    bench.sizes.alerts,
                    resident_kib=served.resident_kib,
                    read_cpu=served.read_cpu,
                )
            )
        asyncio.run(check_books(copy.settings.database_url))
    for alert in found.alerts:
        print(f"  an alert: {alert}", flush=True)
    print(f"  a subscriber: {found.subscriber_kib:.1f} KiB", flush=True)
    return {
        "fanout_ms": statistics.median(alert.last_ms for alert in found.alerts),
        "subscriber_kib": found.subscriber_kib,
    }
