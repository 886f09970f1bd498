"""SIGTERM: what is in flight finishes, sockets are told, and the process ends well."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
import websockets

from tests.serving.graphql import BALANCE, DEPOSIT, ask, body, client, deposit, new_player
from tests.stories.coffer import ROOT, coffer_on

SENT_S = 10.0
CLOSED_S = 20.0


async def send(
    http: httpx.AsyncClient, given: dict[str, Any], headers: dict[str, str]
) -> asyncio.Task[httpx.Response]:
    """Send a deposit, and return when all of it has left; the task brings the answer."""
    left = asyncio.Event()

    async def trace(name: str, _: object) -> None:
        if name == "http11.send_request_body.complete":
            left.set()

    request = http.build_request(
        "POST",
        "/graphql",
        json=body(DEPOSIT, given),
        headers=headers,
        extensions={"trace": trace},
    )
    answer = asyncio.create_task(http.send(request))
    await asyncio.wait_for(left.wait(), SENT_S)
    return answer


async def listen(url: str) -> websockets.ClientConnection:
    """Open a GraphQL socket."""
    socket = await websockets.connect(url, subprotocols=["graphql-transport-ws"], proxy=None)  # type: ignore[list-item]  # a subprotocol is only a string
    await socket.send(orjson.dumps({"type": "connection_init"}).decode())
    assert orjson.loads(await socket.recv())["type"] == "connection_ack"
    return socket


async def test_a_command_in_flight_is_answered_and_kept(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite://")
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        async with client(coffer.port) as http, client(coffer.port) as other:
            headers, account_id = await new_player(http)
            assert (await other.get("/readyz")).status_code == 200
            socket = await listen(coffer.socket_url)
            with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
                # Nobody can write while this transaction is open: the deposit must wait.
                blocker.execute("BEGIN IMMEDIATE")
                answer = await send(http, deposit(account_id, "in flight"), headers)
                # Answered after the deposit was sent, so the server has begun with the deposit.
                assert (await other.get("/healthz")).status_code == 200
                coffer.terminate()
                await asyncio.wait_for(socket.wait_closed(), CLOSED_S)
                assert socket.close_code == 1001
                with pytest.raises(httpx.TransportError):
                    async with client(coffer.port) as late:
                        await late.get("/healthz")
                assert not answer.done()
                blocker.execute("ROLLBACK")
            response = await asyncio.wait_for(answer, SENT_S)
            assert response.status_code == 200
            assert response.json()["data"]["deposit"]["__typename"] == "DepositSuccess"
        assert coffer.stop() == 0
        coffer.start()
        async with client(coffer.port) as http:
            viewer = await ask(http, BALANCE, headers=headers)
            assert viewer["accounts"] == [{"id": account_id, "balance": {"amount": "10.00"}}]
        assert coffer.stop() == 0


@pytest.mark.postgres
async def test_several_processes_drain_together(postgres_url: str, redis_url: str) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        pids = coffer.server_pids()
        async with client(coffer.port) as http:
            headers, account_id = await new_player(http)
            sockets = [await listen(coffer.socket_url) for _ in range(4)]
            blocker = await asyncpg.connect(postgres_url)
            try:
                transaction = blocker.transaction()
                await transaction.start()
                await blocker.execute("LOCK TABLE wallet IN EXCLUSIVE MODE")
                answer = await send(http, deposit(account_id, "in flight"), headers)
                await blocked(blocker)
                coffer.terminate()
                for socket in sockets:
                    await asyncio.wait_for(socket.wait_closed(), CLOSED_S)
                    assert socket.close_code == 1001
                assert not answer.done()
                await transaction.rollback()
            finally:
                await blocker.close()
            response = await asyncio.wait_for(answer, CLOSED_S)
            assert response.json()["data"]["deposit"]["__typename"] == "DepositSuccess"
        assert coffer.stop() == 0
        assert not any(is_running(pid) for pid in pids)


def test_a_server_that_cannot_end_gives_up() -> None:
    program = textwrap.dedent("""
        import asyncio, contextlib, os, signal
        import uvicorn
        from starlette.applications import Starlette
        from app.asgi import Application
        from app.serving import DrainingServer, listen
        from app.settings import Settings

        @contextlib.asynccontextmanager
        async def lifespan(asgi):
            os.kill(os.getpid(), signal.SIGTERM)
            yield
            await asyncio.Event().wait()

        settings = Settings("sqlite:///nowhere", port=0)
        config = uvicorn.Config(Starlette(lifespan=lifespan), log_level="warning")
        server = DrainingServer(config, Application(settings), end_s=0.5)
        asyncio.run(server.serve(sockets=[listen(settings)]))
    """)
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=SENT_S * 3,
    )
    assert ended.returncode == 1
    assert "Timeout (0:00:00.500000)!" in ended.stderr


async def blocked(connection: asyncpg.Connection) -> None:
    """Return when somebody waits for a lock."""
    async with asyncio.timeout(SENT_S):
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await connection.execute("SELECT pg_sleep(0.01)")


def is_running(pid: int) -> bool:
    """Whether a process is alive."""
    return Path(f"/proc/{pid}").exists()
