"""What a process reads of itself when it is asked: plain numbers that its parts keep anyway."""

import asyncio
import contextlib
import os
import platform
import resource
import time
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tortoise.connection import get_connection

from app.adapters.redis_bus import RedisBus
from app.building import Building
from services.figures import Durations, Figure, FigureKind, Reading

COUNTER, GAUGE, DURATIONS = FigureKind.COUNTER, FigureKind.GAUGE, FigureKind.DURATIONS

BUILD = Figure(
    "coffer_build_info", GAUGE, "1, with the version that runs.", labels=("version", "python")
)
STARTED = Figure(
    "coffer_process_start_time_seconds",
    GAUGE,
    "When the process started, in seconds since 1970.",
    "it changes without a deployment",
)
RESIDENT = Figure(
    "coffer_process_resident_memory_bytes",
    GAUGE,
    "Memory that the process holds.",
    "it grows day after day, or nears what the machine has",
)
CPU = Figure(
    "coffer_process_cpu_seconds_total",
    COUNTER,
    "Processor time that the process has used.",
    "its rate stays above 0.9: the process has no more to give",
)
OPEN_FILES = Figure(
    "coffer_process_open_files",
    GAUGE,
    "Files and connections that the process has open.",
    "above 80 % of the limit",
)
OPEN_FILES_LIMIT = Figure(
    "coffer_process_open_files_limit", GAUGE, "How many it may have open (`ulimit -n`)."
)
LOOP_LAG = Figure(
    "coffer_loop_lag_seconds",
    DURATIONS,
    "How much later than asked for the event loop came to a piece of work, looked at twice a "
    "second.",
    "the 99th percentile stays above 0.25 s: something blocks, or the processors do not suffice",
)

DESK_WAITING = Figure(
    "coffer_desk_commands_waiting",
    GAUGE,
    "Commands that wait at the posting desk.",
    "above a tenth of the capacity for a minute",
)
DESK_CAPACITY = Figure(
    "coffer_desk_commands_capacity", GAUGE, "How many may wait before more are turned away."
)
DESK_GROUPS = Figure("coffer_desk_groups_total", COUNTER, "Transactions that the desk committed.")
DESK_COMMANDS = Figure(
    "coffer_desk_commands_total",
    COUNTER,
    "Commands in them; divided by the groups, how many share a transaction.",
)
DESK_SPLITS = Figure(
    "coffer_desk_splits_total",
    COUNTER,
    "Groups that were split because the database refused them or somebody held a lock.",
    "rising: a command that the database refuses, or somebody's long transaction",
)
DESK_RETRIES = Figure(
    "coffer_desk_retries_total",
    COUNTER,
    "Groups that were tried again.",
    "rising: the database goes away or somebody holds locks",
)
DESK_SECONDS = Figure(
    "coffer_desk_group_seconds",
    DURATIONS,
    "How long the desk's transactions took, from the first lock to the commit.",
    "the 99th percentile stays above 0.5 s: the disk, or somebody's locks",
)

FEED_POSITION = Figure(
    "coffer_feed_position", GAUGE, "Up to which position the process has handed events over."
)
FEED_BEHIND = Figure(
    "coffer_feed_behind_events", GAUGE, "Positions drawn beyond it, as the process last saw."
)
FEED_BEHIND_SECONDS = Figure(
    "coffer_feed_behind_seconds",
    GAUGE,
    "For how long anything has been waiting to be handed over.",
    "above 5 s: subscribers hear late, webhooks too",
)
FEED_FOLLOWERS = Figure("coffer_feed_followers", GAUGE, "Subscriptions that follow the feed live.")
FEED_READ = Figure("coffer_feed_events_total", COUNTER, "Events that the process has read.")
FEED_OVERFLOWED = Figure(
    "coffer_feed_overflows_total",
    COUNTER,
    "Subscribers that were closed because they read too slowly.",
    "rising: a partner's program does not keep up",
)
FEED_FAULTS = Figure(
    "coffer_feed_faults_total",
    COUNTER,
    "Times that the process could not read the feed.",
    "rising: the database is away",
)

BUS_CONNECTED = Figure(
    "coffer_bus_connected",
    GAUGE,
    "1 while Redis would tell the process of the others' wake-ups (always 1 without Redis).",
    "0 for a minute: events come up to a second late, nothing is lost",
)
DATABASE_UP = Figure(
    "coffer_database_up",
    GAUGE,
    "1 when the database answered the process just now.",
    "0 at all",
)
DATABASE_SECONDS = Figure(
    "coffer_database_answer_seconds",
    GAUGE,
    "How long that took, with the wait for a pooled connection.",
    "above 0.5 s for a minute",
)
POOL_OPEN = Figure(
    "coffer_database_pool_open", GAUGE, "Reading connections of the process that are open."
)
POOL_USED = Figure(
    "coffer_database_pool_used",
    GAUGE,
    "Those of them that are in use.",
    "equal to the limit for a minute: reads wait for each other",
)
POOL_LIMIT = Figure("coffer_database_pool_limit", GAUGE, "How many may be open.")

JOB_RUNS = Figure(
    "coffer_job_runs_total",
    COUNTER,
    "Runs of background jobs, by how they ended.",
    "`failed` rising",
    ("job", "outcome"),
)
JOB_DONE = Figure(
    "coffer_job_done_total",
    COUNTER,
    "What the job has done: rows removed, letters sent, payments made.",
    labels=("job",),
)
JOB_SUCCESS = Figure(
    "coffer_job_last_success_time_seconds",
    GAUGE,
    "When a job last succeeded, in seconds since 1970; 0 until it has.",
    "older than ten minutes in every process that runs it (a process that does nothing else "
    "tells all of its jobs)",
    ("job",),
)
JOB_SECONDS = Figure(
    "coffer_job_last_run_seconds",
    GAUGE,
    "How long the job's last run took.",
    "far above its usual",
    ("job",),
)

WEBHOOK_MESSAGES = Figure(
    "coffer_webhook_messages_total",
    COUNTER,
    "Messages that the process sent to webhooks, by whether they arrived.",
    "`failed` far above `delivered`, for long",
    ("outcome",),
)
WEBHOOK_SET_ASIDE = Figure(
    "coffer_webhook_events_set_aside_total",
    COUNTER,
    "Events that did not arrive in all their attempts.",
    "rising: a partner's program refuses some of what it is told",
)
WEBHOOK_DISABLED = Figure(
    "coffer_webhook_given_up_total",
    COUNTER,
    "Webhooks that were given up.",
    "at all: ask the partner",
)

NOBODYS_ATTEMPTS = Figure(
    "coffer_nobodys_attempts_total",
    COUNTER,
    "What was tried in vain without a sign-in, by operation.",
    "rising fast: somebody guesses passwords",
    ("action",),
)

ITSELF = (BUILD, STARTED, RESIDENT, CPU, OPEN_FILES, OPEN_FILES_LIMIT, LOOP_LAG)
MEANS = (
    DESK_WAITING,
    DESK_CAPACITY,
    DESK_GROUPS,
    DESK_COMMANDS,
    DESK_SPLITS,
    DESK_RETRIES,
    DESK_SECONDS,
    FEED_POSITION,
    FEED_BEHIND,
    FEED_BEHIND_SECONDS,
    FEED_FOLLOWERS,
    FEED_READ,
    FEED_OVERFLOWED,
    FEED_FAULTS,
    BUS_CONNECTED,
    DATABASE_UP,
    DATABASE_SECONDS,
    POOL_OPEN,
    POOL_USED,
    POOL_LIMIT,
    JOB_RUNS,
    JOB_DONE,
    JOB_SUCCESS,
    JOB_SECONDS,
    WEBHOOK_MESSAGES,
    WEBHOOK_SET_ASIDE,
    WEBHOOK_DISABLED,
    NOBODYS_ATTEMPTS,
)

LOOK_S = 0.5
ANSWER_S = 2.0
"""How long the database may take to answer before it counts as away."""
_STARTED_AT_S = time.time()


def read_itself(lag: Durations) -> Iterator[Reading]:
    """Yield what the system says of this process."""
    try:
        release = version("coffer")
    except PackageNotFoundError:  # it runs from its folder
        release = "unreleased"
    yield BUILD.at(1, release, platform.python_version())
    yield STARTED.at(_STARTED_AT_S)
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        yield RESIDENT.at(pages * os.sysconf("SC_PAGE_SIZE"))
        yield OPEN_FILES.at(len(list(Path("/proc/self/fd").iterdir())))
    yield CPU.at(time.process_time())
    yield OPEN_FILES_LIMIT.at(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield LOOP_LAG.at(lag)


async def read_means(building: Building) -> AsyncIterator[Reading]:
    """Yield how the means of a process are doing."""
    desk, feed = building.house.desk, building.feed.figures
    yield DESK_WAITING.at(desk.waiting)
    yield DESK_CAPACITY.at(desk.capacity)
    yield DESK_GROUPS.at(desk.figures.groups)
    yield DESK_COMMANDS.at(desk.figures.commands)
    yield DESK_SPLITS.at(desk.figures.splits)
    yield DESK_RETRIES.at(desk.figures.retries)
    yield DESK_SECONDS.at(desk.figures.durations)
    yield FEED_POSITION.at(feed.position)
    yield FEED_BEHIND.at(feed.behind)
    yield FEED_BEHIND_SECONDS.at(feed.behind_s)
    yield FEED_FOLLOWERS.at(feed.followers)
    yield FEED_READ.at(feed.read)
    yield FEED_OVERFLOWED.at(feed.overflowed)
    yield FEED_FAULTS.at(feed.faults)
    bus = building.bus
    yield BUS_CONNECTED.at(bus.hears if isinstance(bus, RedisBus) else 1)
    for name, job in building.jobs.items():
        yield JOB_RUNS.at(job.succeeded, name, "succeeded")
        yield JOB_RUNS.at(job.failed, name, "failed")
        yield JOB_DONE.at(job.done, name)
        yield JOB_SUCCESS.at(job.succeeded_at.timestamp() if job.succeeded_at else 0, name)
        yield JOB_SECONDS.at(job.took_s, name)
    webhooks = building.webhook_figures
    yield WEBHOOK_MESSAGES.at(webhooks.delivered, "delivered")
    yield WEBHOOK_MESSAGES.at(webhooks.failed, "failed")
    yield WEBHOOK_SET_ASIDE.at(webhooks.set_aside)
    yield WEBHOOK_DISABLED.at(webhooks.disabled)
    for action, count in building.house.attempts.by_nobody.items():
        yield NOBODYS_ATTEMPTS.at(count, action)
    async for reading in _read_database():
        yield reading


async def watch_lag(lag: Durations) -> None:
    """Count how late the event loop is, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + LOOK_S
        await asyncio.sleep(LOOK_S)
        lag.add(max(loop.time() - due_s, 0.0))


async def _read_database() -> AsyncIterator[Reading]:
    connection = get_connection("default")
    begun_s = time.perf_counter()
    up = False
    with contextlib.suppress(Exception):  # whatever keeps it from answering
        async with asyncio.timeout(ANSWER_S):
            await connection.execute_query("SELECT 1")
            up = True
    yield DATABASE_UP.at(up)
    yield DATABASE_SECONDS.at(time.perf_counter() - begun_s)
    pool = getattr(connection, "_pool", None)
    if pool is not None:
        yield POOL_OPEN.at(pool.get_size())
        yield POOL_USED.at(pool.get_size() - pool.get_idle_size())
        yield POOL_LIMIT.at(pool.get_max_size())
