"""Do the background work of servers on PostgreSQL until SIGTERM.

A server on SQLite does its own.
"""

import argparse
import asyncio
import signal
import sys

from app.building import built
from app.logs import set_up_logs
from app.settings import Settings
from workers.schedule import run_schedule

NAME = "worker"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run the schedule; several workers may run at once."""
    del options
    set_up_logs(dev=settings.dev)
    if settings.sqlite_path is not None:
        print(
            "a server on SQLite does the background work itself; "
            "workers need COFFER_DATABASE_URL=postgres://…",
            file=sys.stderr,
        )
        return 2
    asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with built(settings) as building:
        await run_schedule(building.house, stop)
