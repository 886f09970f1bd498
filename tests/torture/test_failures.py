"""What fails beside processes: the database, the disk, a process that stands still, the bank.

Each test has a load or commands of its own on servers that all of them share, and leaves nothing
wrong behind. Where a failure lasts, ``make torture`` has it last longer.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.database import migrate
from tests.servers import PostgresServer, limit_files, running_postgres, running_redis
from tests.stories.coffer import Coffer
from tests.torture import documents
from tests.torture.audit import contents, plain
from tests.torture.blows import say
from tests.torture.clients import Load
from tests.torture.conftest import Scale
from tests.torture.database import rows
from tests.torture.draws import Centre
from tests.torture.house import MOST, SETTINGS, Stage, closing, turned_away, until
from tests.torture.stage import last_cursor, set_stage
from tests.torture.subscribers import PROTOCOL, Subscriber, listening
from tests.torture.wire import AGAIN, OUR_FAULT, Wire

PLAYERS = 2
LOG_SEGMENT = 2**20
FILE_BYTES = LOG_SEGMENT
"""Where files end when there is no room: at the end of a file of the write-ahead log."""
ANSWERED_S = 10.0
"""How long a caller waits for UNAVAILABLE at the most, on a machine that is busy."""
STUCK_S = 5.0
"""How long somebody waits who connects to a process that stands still."""
EVENTS = 1_500
"""More than wait for one subscriber at the most, and lie between it and the server."""
OPERATIONS = 60
"""How often it subscribes on its one socket, so that what lies in between is soon full."""
MOST_KIB = 40_000
"""How much more memory a process may have after that."""
GOODBYE_S = 0.1
"""How long it waits to be told goodbye, behind all that it has not read."""
SMALL = 4096
"""How many bytes the system keeps for who does not read."""
PROMISED_S = 15.0
"""How long others wait for what a process holds that stands still: its transaction has 5 s."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def stage(scale: Scale) -> Iterator[Stage]:
    """Two server processes and a worker, on a PostgreSQL of their own whose log has small files."""
    with running_postgres(log_segment_mb=1) as postgres, running_redis() as redis:
        url = asyncio.run(postgres.create_database("coffer"))
        asyncio.run(migrate(url))
        settings = {"COFFER_DATABASE_URL": url, "COFFER_REDIS_URL": redis.url}
        with closing(Coffer(SETTINGS | settings, workers=2)) as coffer:
            coffer.start()
            cast = asyncio.run(set_stage(coffer, PLAYERS))
            stage = Stage(coffer, url, cast, scale.patient, postgres)
            asyncio.run(stage.deposit(50_000_00))
            yield stage


async def readiness(stage: Stage) -> tuple[int, str]:
    """Return what a balancer is told."""
    async with httpx.AsyncClient(trust_env=False, timeout=ANSWERED_S) as http:
        answer = await http.get(f"http://127.0.0.1:{stage.coffer.port}/readyz")
    return answer.status_code, answer.text


async def is_ready(stage: Stage) -> bool:
    return (await readiness(stage))[0] == 200


@pytest.mark.postgres
async def test_the_database_is_away(stage: Stage, scale: Scale) -> None:
    assert stage.postgres is not None
    pids = stage.coffer.server_pids()
    async with stage.under_load("-away") as load:
        await load.progress.more(40)
        await asyncio.to_thread(stage.postgres.kill9)
        begun = time.monotonic()
        order = stage.order()
        wire = stage.wire()
        while time.monotonic() - begun < scale.away_s:
            asked = time.monotonic()
            assert await turned_away(wire, documents.PURCHASE, order) == "UNAVAILABLE"
            assert time.monotonic() - asked < ANSWERED_S
            assert await readiness(stage) == (503, "the database does not answer")
        await asyncio.to_thread(stage.postgres.start)
        await until(lambda: is_ready(stage))
        await load.progress.more(60)
        wire.close()
    # Nobody has started anything again.
    assert stage.coffer.server_pids() == pids


@pytest.mark.postgres
async def test_a_subscriber_that_stops_reading(stage: Stage) -> None:
    cursor = await last_cursor(stage.coffer, stage.cast.platform)
    reader = a_subscriber(stage, cursor)
    before_kib = {pid: resident_kib(pid) for pid in stage.coffer.server_pids()}
    async with listening([reader]), stopped_subscriber(stage, cursor) as stopped:
        # Who still reads what it missed does so at its own pace. From here on they are live, but
        # for one that a busy server has not come back to.
        with contextlib.closing(stage.wire()) as wire:
            await wire.ask_until_answered(documents.PURCHASE, {"input": stage.order()})
        first = await read_one_each(stopped)
        await stage.buy(EVENTS // MOST)
        feed = (await contents(stage.url))["feed_event"]
        last = reader.last_of(feed)
        await reader.catch_up(last)
        grown_kib = [
            resident_kib(pid) - before_kib[pid]
            for pid in stage.coffer.server_pids()
            if pid in before_kib
        ]
        say(f"  the processes grew by {grown_kib} KiB")
        assert max(grown_kib) < MOST_KIB
        heard, reason = await read_on(stopped, reader.heard[-1].event["cursor"])
    heard.insert(0, first)
    # It comes back with the last one that it has, and misses nothing.
    again = a_subscriber(stage, heard[-1])
    if reason != "everything":
        assert reason in {"OVERFLOW", "closed"}
        async with listening([again]):
            await again.catch_up(last)
    assert not reader.faults + again.faults
    everything = [one.event["cursor"] for one in reader.heard]
    assert heard + [one.event["cursor"] for one in again.heard] == everything


def a_subscriber(stage: Stage, after: str) -> Subscriber:
    """Return one who hears what the sales platform is told."""
    partner = stage.cast.platform
    return Subscriber(
        name="platform",
        url=stage.coffer.socket_url,
        caller=partner,
        document=documents.NOTIFICATIONS,
        variables={},
        after=after,
        audiences=frozenset({f"partner:{stage.cast.platform_id}", "topic:draws"}),
    )


@contextlib.asynccontextmanager
async def stopped_subscriber(stage: Stage, after: str) -> AsyncIterator[ClientConnection]:
    """Subscribe, and read nothing of what comes: neither does the system for long."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    connection.connect(("127.0.0.1", stage.coffer.port))
    async with connect(
        stage.coffer.socket_url,
        sock=connection,
        subprotocols=[PROTOCOL],
        compression=None,
        proxy=None,
        max_queue=1,
        ping_interval=None,
        close_timeout=GOODBYE_S,
    ) as stopped:
        key = stage.cast.platform.headers["x-api-key"]
        await stopped.send(json.dumps({"type": "connection_init", "payload": {"apiKey": key}}))
        assert json.loads(await stopped.recv())["type"] == "connection_ack"
        query = {"query": documents.NOTIFICATIONS, "variables": {"after": after}}
        for number in range(OPERATIONS):
            message = {"id": str(number), "type": "subscribe", "payload": query}
            await stopped.send(json.dumps(message))
        yield stopped


async def read_one_each(socket: ClientConnection) -> str:
    """Read the first event of every subscription; return its cursor."""
    cursors: dict[str, str] = {}
    while len(cursors) < OPERATIONS:
        message = json.loads(await asyncio.wait_for(socket.recv(), ANSWERED_S))
        assert message["id"] not in cursors, message
        cursors[message["id"]] = message["payload"]["data"]["notifications"]["cursor"]
    (cursor,) = set(cursors.values())
    return cursor


async def read_on(socket: ClientConnection, last: str) -> tuple[list[str], str]:
    """Read to the end, or the last event; return the first one's cursors, and why it ended."""
    heard: list[str] = []
    try:
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), ANSWERED_S))
            if message["id"] != "0":
                continue
            errors = message["payload"] if message["type"] == "error" else None
            errors = errors or message["payload"].get("errors")
            if errors:
                return heard, str(errors[0]["extensions"]["code"])
            heard.append(message["payload"]["data"]["notifications"]["cursor"])
            if heard[-1] == last:
                return heard, "everything"
    except ConnectionClosed:
        return heard, "closed"


def resident_kib(pid: int) -> int:
    """Return the memory that a process has."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1])


@pytest.mark.postgres
async def test_no_room_for_tables(stage: Stage) -> None:
    assert stage.postgres is not None
    tables = "SELECT max(pg_relation_size(oid)) AS bytes FROM pg_class WHERE relname = 'feed_event'"
    while (await rows(stage.url, tables))[0]["bytes"] < FILE_BYTES:
        await stage.buy(1)
    # A file that is too large is no full disk in PostgreSQL's own words, but a fault of its own.
    async with stage.under_load("-full", AGAIN | OUR_FAULT) as load:
        await load.progress.more(20)
        stage.postgres.limit_files(FILE_BYTES)
        try:
            # There is room in the last pages of files, for a while.
            await until(lambda: turned_away_often(load))
        finally:
            stage.postgres.limit_files(None)
        await load.progress.more(40)
    assert await is_ready(stage)


@pytest.mark.postgres
async def test_no_room_for_the_log(stage: Stage) -> None:
    assert stage.postgres is not None
    async with stage.under_load("-no-log", AGAIN | OUR_FAULT) as load:
        await load.progress.more(20)
        # PostgreSQL ends itself when it cannot write its log, and does not come up without room.
        # Where it comes upon a table first, it fails as it does above.
        stage.postgres.limit_files(1)
        await until(lambda: has_ended(stage.postgres))
        await until(lambda: turned_away_often(load))
        assert (await readiness(stage))[0] == 503
        await asyncio.to_thread(stage.postgres.kill9)
        await asyncio.to_thread(stage.postgres.start)
        await load.progress.more(40)
    assert await is_ready(stage)


@pytest.fixture(scope="module")
def alone(
    scale: Scale, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """One process, on SQLite."""
    path = tmp_path_factory.mktemp("alone") / "coffer.db"
    shutil.copyfile(sqlite_template, path)
    url = f"sqlite://{path}"
    with closing(Coffer(SETTINGS | {"COFFER_DATABASE_URL": url})) as coffer:
        coffer.start()
        cast = asyncio.run(set_stage(coffer, PLAYERS))
        stage = Stage(coffer, url, cast, scale.patient)
        asyncio.run(stage.deposit(50_000_00))
        yield stage


async def test_no_room_where_one_process_serves(alone: Stage) -> None:
    (pid,) = alone.coffer.server_pids()
    async with alone.under_load("-full") as load:
        await load.progress.more(20)
        # Its log lies on the same disk, and nobody fails for that.
        limit_files(pid, 1)
        await until(lambda: turned_away_often(load))
        limit_files(pid, None)
        await load.progress.more(40)
    assert await is_ready(alone)
    assert alone.coffer.server_pids() == [pid]


async def turned_away_often(load: Load) -> bool:
    return sum(load.unanswered[code] for code in AGAIN | OUR_FAULT) > 20


async def has_ended(server: PostgresServer | None) -> bool:
    return server is not None and not server.running


@pytest.mark.postgres
async def test_a_process_that_stands_still_with_locks(stage: Stage) -> None:
    before = await takings(stage)
    stopped_order, free_order = stage.order(), stage.order()
    wires = await wires_to_each(stage)
    (stopped_pid, stopped), (_, free) = wires.items()
    # Somebody keeps the draw, which a purchase locks after its wallets.
    stranger = await asyncpg.connect(stage.url)
    transaction = stranger.transaction()
    await transaction.start()
    await stranger.execute(f"SELECT 1 FROM draw WHERE id = '{stage.cast.draw_id}' FOR UPDATE")  # noqa: S608 - ours
    asked = asyncio.create_task(stopped.ask(documents.PURCHASE, {"input": stopped_order}))
    await until(lambda: somebody_waits(stage))
    os.kill(stopped_pid, signal.SIGSTOP)
    try:
        await transaction.rollback()  # what was waited for comes, and nobody takes it
        begun = time.monotonic()
        answer = await free.ask(documents.PURCHASE, {"input": free_order})
        assert answer["__typename"] == "PurchaseSuccess", answer
        waited_s = time.monotonic() - begun
        say(f"  its neighbour went on after {waited_s:.1f} s")
        assert waited_s < PROMISED_S
        again = await free.ask(documents.PURCHASE, {"input": stopped_order})
        assert not again["replayed"]
        await new_ones_are_served(stage)
    finally:
        os.kill(stopped_pid, signal.SIGCONT)
    late = await asked
    assert late["replayed"]
    assert plain(late) == plain(again)
    assert await takings(stage) == before + 2 * 2_00
    await stage.books_agree()
    await stranger.close()
    for wire in wires.values():
        wire.close()


async def takings(stage: Stage) -> int:
    """Return what the sales platform has."""
    sql = f"SELECT balance_minor FROM wallet WHERE id = '{stage.cast.platform_id}'"  # noqa: S608 - ours
    (wallet,) = await rows(stage.url, sql)
    return int(wallet["balance_minor"])


async def wires_to_each(stage: Stage) -> dict[int, Wire]:
    """Return a connection to each server process, by its id."""
    found: dict[int, Wire] = {}
    while len(found) < stage.coffer.workers:
        wire = stage.wire()
        await wire.ask("{ viewer { __typename } }", {})
        pid = stage.coffer.pid_behind(wire.client_port)
        if found.setdefault(pid, wire) is not wire:
            wire.close()
    return found


async def somebody_waits(stage: Stage) -> bool:
    waiting = "SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool((await rows(stage.url, waiting))[0]["count"])


async def new_ones_are_served(stage: Stage) -> None:
    """Connect again and again: but for who comes in the first second, everybody is served."""
    url = f"http://127.0.0.1:{stage.coffer.port}/healthz"

    async def is_served() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=STUCK_S) as http:
                return (await http.get(url)).status_code == 200
        except httpx.TimeoutException:
            return False

    served = [await is_served() for _ in range(10)]
    assert served.count(False) <= 2, served


@pytest.mark.postgres
async def test_a_bank_that_never_answers(stage: Stage, scale: Scale) -> None:
    async with stage.under_load("-silent") as load:
        await load.progress.more(10)
        os.kill(stage.bank.pid, signal.SIGSTOP)
        begun = time.monotonic()

        async def is_silent_for_long() -> bool:
            return time.monotonic() - begun > scale.silent_s and await waits_at_the_bank(stage)

        try:
            await until(is_silent_for_long)
            # What needs no bank goes on: tickets are sold, and a draw is paid.
            await a_draw_is_paid(load, stage)
        finally:
            os.kill(stage.bank.pid, signal.SIGCONT)
        await load.progress.more(20)


async def waits_at_the_bank(stage: Stage) -> bool:
    """Tell whether deposits and withdrawals wait, which the bank has been asked for."""
    sql = "SELECT purpose, asked FROM bank_instruction WHERE ask_at IS NOT NULL"
    asked = {row["purpose"] for row in await rows(stage.url, sql) if row["asked"]}
    return asked >= {"DEPOSIT", "WITHDRAWAL"}


async def a_draw_is_paid(load: Load, stage: Stage) -> None:
    """Hold a draw, and have a worker pay it."""
    runs = set(load.tally.runs)
    centre = Centre(load, Random(1), 99)
    await centre.hold_one()
    (run_id,) = set(load.tally.runs) - runs
    sql = f"SELECT state FROM payout_run WHERE id = '{run_id}'"  # noqa: S608 - ours

    async def is_done() -> bool:
        return bool((await rows(stage.url, sql))[0]["state"] == "DONE")

    await until(is_done)
