"""A partner misses nothing: over sockets with rotated keys, and by webhook, while processes die."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from gql.transport.exceptions import TransportError
from standardwebhooks.webhooks import Webhook as Verifier

from graphql_schema.relay import cursor_of
from tests.leases import leases_end
from tests.stories import documents
from tests.stories.callers import Caller, Data
from tests.stories.coffer import Coffer
from tests.webhooks.receiver import Received, receiving

BEGINNING = cursor_of("feed", 0)
CREATE_KEY = documents._mutation("createApiKey", "secret apiKey { id }")
ROTATE_KEY = documents._mutation("rotateApiKey", "secret apiKey { id } old { expiresAt }")
REVOKE_KEY = documents._mutation("revokeApiKey", "apiKey { revokedAt }")
CREATE_WEBHOOK = documents._mutation("createWebhook", "secret webhook { id state }")
SET_UPS = ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
ALL_CAME_S = 120.0


@contextlib.contextmanager
def set_up(name: str, request: pytest.FixtureRequest) -> Iterator[Coffer]:
    """Run Coffer on one process and SQLite, or on two and a worker."""
    alone = name == "sqlite"
    environment = {
        "COFFER_DATABASE_URL": request.getfixturevalue("sqlite_url" if alone else "postgres_url"),
        "COFFER_LOOPBACK_WEBHOOKS": "1",
    }
    if not alone:
        environment["COFFER_REDIS_URL"] = request.getfixturevalue("redis_url")
    coffer = Coffer(environment, 1 if alone else 2)
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()


def kill_who_serves(coffer: Coffer) -> None:
    """Kill every process that serves requests, and wait until there are others."""
    for pid in coffer.server_pids():
        coffer.kill9(pid)
    if coffer.workers == 1:
        coffer.start()
    else:
        coffer.wait_ready()


def kill_who_delivers(coffer: Coffer) -> None:
    """Kill the process that delivers webhooks, and start another."""
    if coffer.workers == 1:
        kill_who_serves(coffer)
        return
    assert coffer._worker is not None
    os.kill(coffer._worker.pid, signal.SIGKILL)
    coffer._worker.wait()
    coffer._worker = coffer._popen("worker")


async def open_draw(centre: Caller, number: int) -> None:
    """Have something happen that every partner is told."""
    draw = {
        "idempotencyKey": f"draw {number}",
        "game": "story",
        "code": f"{number:03}",
        "currency": "CNY",
        "salesCloseAt": "2099-01-01T00:00:00Z",
    }
    try:
        answer = await centre.do(documents.OPEN_DRAW, **draw)
    except TransportError:
        # The connection was with a process that was killed: the same key asks again.
        answer = await centre.do(documents.OPEN_DRAW, **draw)
    assert answer["__typename"] == "OpenDrawSuccess", answer


def codes(heard: list[Data]) -> list[str]:
    """Return the codes of the draws that were told of."""
    return [message["draw"]["code"] for message in heard]


@pytest.mark.requirement("D6")
@pytest.mark.parametrize("name", SET_UPS)
async def test_a_partner_misses_nothing_across_disconnections_rotations_and_crashes(
    name: str, request: pytest.FixtureRequest
) -> None:
    with set_up(name, request) as coffer:
        _, first = coffer.create_partner("sales-platform", "Lucky Shop")
        _, centre_key = coffer.create_partner("lottery-centre", "Centre")
        async with (
            Caller("platform", coffer.url, api_key=first) as platform,
            Caller("centre", coffer.url, api_key=centre_key) as centre,
        ):
            made = await platform.do(
                CREATE_KEY, idempotencyKey="1", name="listener", scopes=["SUBSCRIBE"]
            )
            secret, key_id = made["secret"], made["apiKey"]["id"]
            old_id = key_id
            heard: list[Data] = []
            number = 0
            await open_draw(centre, number)
            cursor: str | None = BEGINNING
            for step in ("hang up", "rotate", "crash", "revoke", "end"):
                listener = await Caller("listener", coffer.url, api_key=secret).follow(
                    documents.NOTIFICATIONS, after=cursor
                )
                while len(heard) < number + 1:
                    heard.append(await listener.next())
                number += 1
                await open_draw(centre, number)
                heard.append(await listener.next())
                cursor = listener.cursor
                await listener.close()
                if step == "rotate":
                    until = datetime.now(UTC) + timedelta(hours=1)
                    rotated = await platform.do(
                        ROTATE_KEY,
                        idempotencyKey="2",
                        apiKeyId=key_id,
                        oldUntil=until.isoformat(),
                    )
                    secret = rotated["secret"]
                elif step == "crash":
                    await asyncio.to_thread(kill_who_serves, coffer)
                elif step == "revoke":
                    await platform.do(REVOKE_KEY, idempotencyKey="3", apiKeyId=old_id)
                # What happens while nobody listens is told first.
                for _ in range(3):
                    number += 1
                    await open_draw(centre, number)
            listener = await Caller("listener", coffer.url, api_key=secret).follow(
                documents.NOTIFICATIONS, after=cursor
            )
            while len(heard) < number + 1:
                heard.append(await listener.next())
            await listener.close()
        assert codes(heard) == [f"{each:03}" for each in range(number + 1)]
        assert len({message["id"] for message in heard}) == number + 1
        assert coffer.stop() == 0
        for shown in (first, made["secret"], secret):
            assert shown not in coffer.log


@pytest.mark.parametrize("name", SET_UPS)
async def test_a_webhook_is_told_everything_though_who_delivers_is_killed(
    name: str, request: pytest.FixtureRequest
) -> None:
    arrived, let_go = threading.Event(), threading.Event()

    def behave(received: Received) -> int | None:
        if received.content["data"].get("draw", {}).get("code") == "002" and not let_go.is_set():
            arrived.set()
            let_go.wait(ALL_CAME_S)
            return None
        return 200

    with set_up(name, request) as coffer, receiving(behave) as receiver:
        _, platform_key = coffer.create_partner("sales-platform", "Lucky Shop")
        _, centre_key = coffer.create_partner("lottery-centre", "Centre")
        async with Caller("platform", coffer.url, api_key=platform_key) as platform:
            made = await platform.do(
                CREATE_WEBHOOK, idempotencyKey="1", url=receiver.url("/coffer")
            )
            assert made["webhook"]["state"] == "ACTIVE", made
        async with Caller("centre", coffer.url, api_key=centre_key) as centre:
            for number in range(4):
                await open_draw(centre, number)
            # The third has arrived, and nobody has heard so yet: whoever sent it dies.
            assert await asyncio.to_thread(arrived.wait, ALL_CAME_S)
            await asyncio.to_thread(kill_who_delivers, coffer)
            await leases_end(coffer.database_url)
            let_go.set()
        async with Caller("centre", coffer.url, api_key=centre_key) as centre:
            for number in range(4, 7):
                await open_draw(centre, number)
        await asyncio.to_thread(
            receiver.wait_until, lambda seen: len(seen.accepted) >= 7, ALL_CAME_S
        )
        verifier = Verifier(made["secret"])
        told = [verifier.verify(each.body, each.headers) for each in receiver.accepted]
        assert [each["data"]["draw"]["code"] for each in told] == [f"{n:03}" for n in range(7)]
        assert [each["type"] for each in told] == ["DRAW_OPENED"] * 7
        third = [
            each.id for each in receiver.arrived if each.content["data"]["draw"]["code"] == "002"
        ]
        assert len(third) == 2
        assert len(set(third)) == 1
        assert coffer.stop() == 0
        assert made["secret"] not in coffer.log
