"""What one process commits, the subscribers of another hear, at once and without a gap."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from statistics import median

import httpx
import pytest

from tests.serving.graphql import DEPOSIT, ask, client, deposit, new_player
from tests.stories import documents
from tests.stories.callers import Caller, Listener
from tests.stories.coffer import Coffer, coffer_on

DEPOSITS = 10
SOON_S = 0.5
"""Half of the time after which a reader looks by itself: the wake-up must have come."""


@contextlib.contextmanager
def alone(coffer: Coffer, pid: int) -> Iterator[None]:
    """Have one server process take all new connections: the others stand still meanwhile."""
    others = [other for other in coffer.server_pids() if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


async def connected(coffer: Coffer, http: httpx.AsyncClient) -> int:
    """Make a client's one connection, and return the process that serves it."""
    response = await http.get("/healthz")
    stream = response.extensions["network_stream"]
    pid = coffer.pid_behind(stream.get_extra_info("client_addr")[1])
    assert pid == int(response.headers["x-coffer-pid"])
    return pid


def serving(coffer: Coffer, listener: Listener) -> int:
    """Return the process that serves a subscription."""
    socket = listener.transport.adapter.websocket
    assert socket is not None
    return coffer.pid_behind(socket.local_address[1])


@pytest.mark.postgres
async def test_events_cross_from_process_to_process(postgres_url: str, redis_url: str) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        pids = coffer.server_pids()
        async with contextlib.AsyncExitStack() as stack:
            clients: dict[int, httpx.AsyncClient] = {}
            for pid in pids:
                clients[pid] = await stack.enter_async_context(client(coffer.port))
                with alone(coffer, pid):
                    assert await connected(coffer, clients[pid]) == pid
            headers, account_id = await new_player(clients[pids[0]])
            token = headers["authorization"].removeprefix("Bearer ")
            player = Caller("player", coffer.url, token=token)
            await stack.enter_async_context(player)
            opened = (await player.ask(documents.FEED, first=1))["edges"][0]["cursor"]
            listeners: dict[int, Listener] = {}
            for pid in pids:
                with alone(coffer, pid):
                    listeners[pid] = await player.follow(
                        documents.ACCOUNT_ACTIVITY, after=opened, accountId=account_id
                    )
                stack.push_async_callback(listeners[pid].close)
                assert serving(coffer, listeners[pid]) == pid
            took_s: list[float] = []
            for number in range(DEPOSITS):
                here, there = pids if number % 2 else reversed(pids)
                # The connection may have been closed for idleness, never moved.
                with alone(coffer, here):
                    assert await connected(coffer, clients[here]) == here
                given = deposit(account_id, f"deposit {number}")
                answer = await ask(clients[here], DEPOSIT, given, headers)
                answered_at_s = time.monotonic()
                assert answer["__typename"] == "DepositSuccess"
                await listeners[here].next()
                await listeners[there].next()
                took_s.append(listeners[there].heard_at_s[number] - answered_at_s)
            assert median(took_s) < SOON_S, took_s
            first, second = (listeners[pid].heard for pid in pids)
            assert first == second
            assert [event["transaction"]["number"] for event in first] == [
                number + 1 for number in range(DEPOSITS)
            ]
            # A cursor of one process is as good at the other.
            with alone(coffer, pids[1]):
                resumed = await player.follow(
                    documents.ACCOUNT_ACTIVITY, after=first[3]["cursor"], accountId=account_id
                )
            stack.push_async_callback(resumed.close)
            while len(resumed.heard) < DEPOSITS - 4:
                await resumed.next()
            assert resumed.heard == first[4:]
        assert coffer.stop() == 0
