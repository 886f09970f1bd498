"""What one process commits, the subscribers of another hear, at once and without a gap."""

import contextlib
import time
from statistics import median

import httpx
import pytest

from tests.serving.graphql import DEPOSIT, ask, client, deposit, new_player
from tests.stories import documents
from tests.stories.callers import Caller, Listener
from tests.stories.coffer import Coffer, coffer_on

DEPOSITS = 10
TRIES = 20
SOON_S = 0.5
"""Half of the time after which a reader looks by itself: the wake-up must have come."""


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


async def client_of(
    coffer: Coffer, pid: int, stack: contextlib.AsyncExitStack
) -> httpx.AsyncClient:
    """Return a client whose one connection a process serves.

    Those that went to another stay open, so that the process with the fewest comes to be this one.
    """
    for _ in range(TRIES):
        http = await stack.enter_async_context(client(coffer.port))
        if await connected(coffer, http) == pid:
            return http
    raise AssertionError(coffer.log)


async def listener_of(
    coffer: Coffer, pid: int, stack: contextlib.AsyncExitStack, player: Caller, **given: str
) -> Listener:
    """Return a subscription that a process serves, in the same way."""
    for _ in range(TRIES):
        listener = await player.follow(documents.ACCOUNT_ACTIVITY, **given)
        stack.push_async_callback(listener.close)
        if serving(coffer, listener) == pid:
            return listener
    raise AssertionError(coffer.log)


@pytest.mark.postgres
async def test_events_cross_from_process_to_process(postgres_url: str, redis_url: str) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        pids = coffer.server_pids()
        async with contextlib.AsyncExitStack() as stack:
            clients = {pid: await client_of(coffer, pid, stack) for pid in pids}
            headers, account_id = await new_player(clients[pids[0]])
            token = headers["authorization"].removeprefix("Bearer ")
            player = Caller("player", coffer.url, token=token)
            await stack.enter_async_context(player)
            opened = (await player.ask(documents.FEED, first=1))["edges"][0]["cursor"]
            listeners = {
                pid: await listener_of(
                    coffer, pid, stack, player, after=opened, accountId=account_id
                )
                for pid in pids
            }
            took_s: list[float] = []
            for number in range(DEPOSITS):
                here, there = pids if number % 2 else reversed(pids)
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
            resumed = await listener_of(
                coffer, pids[1], stack, player, after=first[3]["cursor"], accountId=account_id
            )
            while len(resumed.heard) < DEPOSITS - 4:
                await resumed.next()
            assert resumed.heard == first[4:]
        assert coffer.stop() == 0
