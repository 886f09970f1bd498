"""Connections go to the process that has the fewest, and to somebody at all times."""

import asyncio
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from app.handover import Door, Handover
from tests.serving.sockets import listen
from tests.serving.waiting import LONG_S, until
from tests.stories.coffer import Coffer, coffer_on

BURST = 20
WHO = b"GET /healthz HTTP/1.1\r\nhost: coffer\r\n\r\n"


async def who_serves(port: int) -> tuple[int, asyncio.StreamWriter]:
    """Connect, and return the process at the other end; the connection stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(WHO)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LONG_S)
    await reader.readexactly(len(b"ok"))
    named = next(line for line in head.split(b"\r\n") if line.startswith(b"x-coffer-pid: "))
    return int(named.split()[1]), writer


@asynccontextmanager
async def connected(port: int, count: int) -> AsyncIterator[Counter[int]]:
    """Hold connections open, made in bursts, and tell which process serves how many."""
    writers: list[asyncio.StreamWriter] = []
    served: Counter[int] = Counter()
    try:
        while len(writers) < count:
            for pid, writer in await asyncio.gather(*(who_serves(port) for _ in range(BURST))):
                served[pid] += 1
                writers.append(writer)
        yield served
    finally:
        for writer in writers:
            writer.close()


@contextmanager
def served_by(postgres_url: str, redis_url: str, count: int) -> Iterator[Coffer]:
    """Serve with several processes, all of which take connections."""
    with coffer_on(postgres_url, redis_url, workers=count) as coffer:
        coffer.start()
        asyncio.run(all_serve(coffer, count))
        yield coffer


async def all_serve(coffer: Coffer, count: int) -> None:
    """Return when as many processes have served a connection as there are to be."""
    deadline = time.monotonic() + LONG_S
    seen: set[int] = set()
    writers: list[asyncio.StreamWriter] = []
    while len(seen & set(coffer.server_pids())) < count:
        assert time.monotonic() < deadline, coffer.log
        pid, writer = await who_serves(coffer.port)
        if pid in seen:
            writer.close()
        else:
            writers.append(writer)  # held, so that the next one goes to somebody else
        seen.add(pid)
    for writer in writers:
        writer.close()


@pytest.mark.postgres
@pytest.mark.parametrize("count", [2, 4])
def test_long_connections_are_spread_evenly(postgres_url: str, redis_url: str, count: int) -> None:
    async def measure(coffer: Coffer) -> None:
        async with connected(coffer.port, 400) as served:
            assert sum(served.values()) == 400
            assert max(served.values()) - min(served.values()) <= BURST / 2, served

    with served_by(postgres_url, redis_url, count) as coffer:
        asyncio.run(measure(coffer))
        assert coffer.stop() == 0


@pytest.mark.postgres
def test_web_sockets_are_spread_evenly(postgres_url: str, redis_url: str) -> None:
    async def measure(coffer: Coffer) -> None:
        sockets = [await listen(coffer.socket_url) for _ in range(40)]
        ports = [socket.transport.get_extra_info("sockname")[1] for socket in sockets]
        served = Counter(coffer.pid_behind(port) for port in ports)
        assert max(served.values()) - min(served.values()) <= 4, served
        await asyncio.gather(*(socket.close() for socket in sockets))

    with served_by(postgres_url, redis_url, 2) as coffer:
        asyncio.run(measure(coffer))
        assert coffer.stop() == 0


@pytest.mark.postgres
def test_a_new_process_takes_what_comes_and_nobody_is_refused(
    postgres_url: str, redis_url: str
) -> None:
    async def go_on(coffer: Coffer) -> None:
        first, second = coffer.server_pids()
        answered: Counter[int] = Counter()
        ending = asyncio.Event()

        async def keep_connecting() -> None:
            while not ending.is_set():
                try:
                    pid, writer = await who_serves(coffer.port)
                except (asyncio.IncompleteReadError, ConnectionResetError):
                    # Taken by the process that was killed; a refused connection is no such error.
                    answered[0] += 1
                    continue
                answered[pid] += 1
                writer.close()

        callers = [asyncio.create_task(keep_connecting()) for _ in range(8)]
        os.kill(first, signal.SIGKILL)
        await until(lambda: bool(set(answered) - {0, first, second}))
        ending.set()
        await asyncio.wait_for(asyncio.gather(*callers), LONG_S)
        assert answered[0] <= len(callers)
        await all_serve(coffer, 2)

    with served_by(postgres_url, redis_url, 2) as coffer:
        asyncio.run(go_on(coffer))
        assert coffer.stop() == 0


@pytest.mark.postgres
def test_who_connects_while_every_process_is_dead_waits_for_the_next(
    postgres_url: str, redis_url: str
) -> None:
    with served_by(postgres_url, redis_url, 2) as coffer:
        dead = set(coffer.server_pids())
        for pid in dead:
            os.kill(pid, signal.SIGKILL)

        async def wait() -> set[int]:
            callers = [who_serves(coffer.port) for _ in range(BURST)]
            served = await asyncio.wait_for(asyncio.gather(*callers), LONG_S)
            for _, writer in served:
                writer.close()
            return {pid for pid, _ in served}

        assert not asyncio.run(wait()) & dead
        assert coffer.stop() == 0


async def test_what_a_dead_process_has_not_taken_is_taken_back() -> None:
    ours, theirs = socket.socketpair()
    changes: list[tuple[bool, int]] = []
    handover = Handover(ours, lambda it: changes.append((it.is_serving, it.load)))
    with theirs:
        # It begins, is sent three connections, takes one, and dies.
        theirs.send(b"\0" * 9)
        await until(lambda: handover.is_serving)
        near, far = zip(*(socket.socketpair() for _ in range(3)), strict=True)
        for number, connection in enumerate(near):
            assert handover.give(connection, number)
        assert handover.load == 3
        _, (descriptor,), _, _ = socket.recv_fds(theirs, 1, 1)
        theirs.send((1).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0")
    await until(lambda: not handover.is_serving)
    assert handover.take_back() == list(near[1:])
    socket.socket(fileno=descriptor).close()
    handover.close()
    # With the process's own end closed nobody holds the first one any more.
    assert far[0].recv(1) == b""
    for connection in (*near, *far):
        connection.close()


async def test_a_process_that_leaves_takes_what_was_sent_and_no_more() -> None:
    ours, theirs = socket.socketpair()
    taken: list[socket.socket] = []
    handover = Handover(ours, lambda _: None)
    door = Door(
        theirs,
        take=taken.append,
        count=lambda: len(taken),
        show=lambda *_: None,
        unready=lambda: None,
        lost=lambda: None,
    )
    door.open()
    await until(lambda: handover.is_serving)
    near, far = socket.socketpair()
    assert handover.give(near, 1)
    door.close()
    assert len(taken) == 1
    other, another = socket.socketpair()
    assert not handover.give(other, 2)
    await until(lambda: handover.is_leaving)
    assert handover.take_back() == []
    for connection in (*taken, near, far, other, another, theirs):
        connection.close()
    handover.close()
