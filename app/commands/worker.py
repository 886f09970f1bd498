"""Do the background work of servers on PostgreSQL until SIGTERM.

A server on SQLite does its own.
"""

import argparse
import asyncio
import contextlib
import signal
import sys

import structlog

from app.background import work
from app.building import Building, built
from app.listening import listen_for_metrics
from app.logs import set_up_logs
from app.metrics.house import read_house
from app.metrics.page import serve_metrics
from app.metrics.process import read_itself, read_means, watch_lag
from app.metrics.sheet import Sheet
from app.settings import Settings
from models.engines.away import database_is_away
from services.figures import Durations

FIRST_REST_S, LAST_REST_S = 0.25, 4.0
"""How long to wait for a database that is away: doubled each time, up to the last."""

log = structlog.get_logger(__name__)


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
    lag = Durations()
    async with contextlib.AsyncExitStack() as stack:
        metrics = listen_for_metrics(settings)
        building = await _build(settings, stop, stack)
        if building is None:
            return

        async def sheets() -> list[Sheet]:
            readings = [
                *[reading async for reading in read_means(building)],
                *read_itself(lag),
                *await read_house(building.house),
            ]
            return [Sheet("worker", tuple(readings))]

        await stack.enter_async_context(serve_metrics(metrics, sheets))
        watch = asyncio.create_task(watch_lag(lag))
        await work(building, stop)
        watch.cancel()


async def _build(
    settings: Settings, stop: asyncio.Event, stack: contextlib.AsyncExitStack
) -> Building | None:
    """Open everything when the database is there; nothing when the end comes before it.

    A worker that is started while the database comes up, as after a machine's fall, would
    otherwise be gone for good where nobody starts it again.
    """
    rest_s = FIRST_REST_S
    while not stop.is_set():
        try:
            return await stack.enter_async_context(built(settings))
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("the database is away", error=str(error), again_in_s=rest_s)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rest_s)
        rest_s = min(rest_s * 2, LAST_REST_S)
    return None
