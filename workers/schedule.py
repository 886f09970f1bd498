"""When each background job runs.

The truth of every job is in the database, and every money movement of a job has a derived key:
a job may be triggered twice, run in two processes, or die half way (``docs/decisions/0004``).
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.accounts.finish_closings import finish_closings
from services.banking.pursue import pursue_open
from services.banking.read_statement import read_statement
from services.house import House
from services.keys.watch_keys import watch_keys
from services.ledger.expire_holds import expire_holds
from services.ledger.remove_old_answers import remove_old_answers
from services.lottery.refund_overdue import refund_overdue
from services.lottery.run_payouts import run_payouts
from services.notifications.remove_old import remove_old_events
from services.partners.warn_expiring_keys import warn_expiring_keys
from services.people.remove_old_sessions import remove_old_sessions
from services.people.send_mails import send_mails
from services.webhooks.remove_old_letters import remove_old_letters

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work, and how long to wait after one run before the next, in seconds.

    A run that found something to do is followed by another after ``rest_s``, which lets others
    have the database in between.
    """

    run: Callable[[House], Awaitable[int]]
    every_s: float
    rest_s: float = 0.0


@dataclass(slots=True)
class JobFigures:
    """What one process has seen of a job."""

    succeeded: int = 0
    failed: int = 0
    done: int = 0
    succeeded_at: datetime | None = None
    took_s: float = 0.0


REMOVAL_REST_S = 0.05
"""Between two batches that are removed: on SQLite there is one writer, and money comes first."""

JOBS = (
    Job(run_payouts, 1),
    Job(pursue_open, 1),
    Job(finish_closings, 2),
    Job(read_statement, 30),
    Job(refund_overdue, 5),
    Job(expire_holds, 5),
    Job(warn_expiring_keys, 60),
    Job(send_mails, 1),
    Job(watch_keys, 3600),
    Job(remove_old_events, 300, REMOVAL_REST_S),
    Job(remove_old_sessions, 300, REMOVAL_REST_S),
    Job(remove_old_letters, 300, REMOVAL_REST_S),
    Job(remove_old_answers, 300, REMOVAL_REST_S),
)


async def run_schedule(
    house: House,
    stop: asyncio.Event,
    jobs: tuple[Job, ...] = JOBS,
    figures: dict[str, JobFigures] | None = None,
) -> None:
    """Run every job again and again until ``stop`` is set; one that fails is tried again later.

    Args:
        house: The means.
        stop: Ends it, after the runs that are under way.
        jobs: What is run.
        figures: Where it is kept how each job is doing, by its name.
    """
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            seen = JobFigures()
            if figures is not None:
                figures[job.run.__name__] = seen
            group.create_task(_repeat(house, job, stop, seen))


async def _repeat(house: House, job: Job, stop: asyncio.Event, figures: JobFigures) -> None:
    name = job.run.__name__
    while not stop.is_set():
        done = 0
        structlog.contextvars.bind_contextvars(request_id=os.urandom(16).hex(), job=name)
        begun_s = time.perf_counter()
        try:
            done = await job.run(house)
        except Exception:
            figures.failed += 1
            log.exception("job failed")
        else:
            figures.succeeded += 1
            figures.succeeded_at = house.clock()
            figures.done += done
        figures.took_s = time.perf_counter() - begun_s
        pause_s = job.rest_s if done else job.every_s
        if not pause_s:
            continue
        try:
            await asyncio.wait_for(stop.wait(), timeout=pause_s)
        except TimeoutError:
            continue
