"""What a thief has is dead at once, over the wire, alone and with two processes."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.serving.graphql import ask, client
from tests.stories.coffer import Coffer, coffer_on

SOON_S = 5.0
"""Much less than the 25 s after which a socket looks after its caller by itself."""

TOKENS = "token refreshToken"
SIGN_UP = """mutation ($input: SignUpInput!) { signUp(input: $input) {
  ... on SignUpSuccess { customer { emailVerified } } ... on Refusal { code } } }"""
SIGN_IN = f"""mutation ($input: SignInInput!) {{ signIn(input: $input) {{
  ... on SignInSuccess {{ {TOKENS} }} ... on Refusal {{ code }}
  ... on Throttled {{ retryAfter }} }} }}"""
REFRESH = f"""mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{
  ... on RefreshSessionSuccess {{ {TOKENS} }} ... on Refusal {{ code }} }} }}"""
SIGN_OUT = "mutation { signOut { __typename ... on SignOutSuccess { replayed } } }"
SESSIONS = "{ sessions { id isCurrent network userAgent } }"
FOLLOW = "subscription { notifications { ... on SecurityNotice { notice } } }"

SET_UPS = pytest.mark.parametrize(
    "set_up", ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
)


@pytest.fixture
def coffer(set_up: str, request: pytest.FixtureRequest) -> Iterator[Coffer]:
    """A server on SQLite, or two processes on PostgreSQL with Redis between them."""
    alone = set_up == "sqlite"
    database_url = request.getfixturevalue("sqlite_url" if alone else "postgres_url")
    redis_url = None if alone else request.getfixturevalue("redis_url")
    with coffer_on(database_url, redis_url, workers=1 if alone else 2) as coffer:
        coffer.start()
        yield coffer


async def somebody(http: httpx.AsyncClient) -> dict[str, str]:
    """Sign somebody up, and return what they sign in with."""
    who = {"email": f"{uuid.uuid4().hex}@players.invalid", "password": uuid.uuid4().hex}
    await ask(http, SIGN_UP, {"idempotencyKey": "up", **who})
    return who


async def refreshed(http: httpx.AsyncClient, refresh_token: str) -> Any:  # noqa: ANN401 - JSON
    given = {"idempotencyKey": uuid.uuid4().hex, "refreshToken": refresh_token}
    return await ask(http, REFRESH, given)


async def status(http: httpx.AsyncClient, token: str) -> int:
    """Return what HTTP answers whoever calls with a token."""
    headers = {"authorization": f"Bearer {token}"}
    return (await http.post("/graphql", json={"query": SESSIONS}, headers=headers)).status_code


async def following(url: str, token: str) -> ClientConnection:
    """Open a socket, and subscribe on it."""
    socket = await connect(url, subprotocols=["graphql-transport-ws"], proxy=None)  # type: ignore[list-item]  # a NewType of str
    payload = {"authorization": f"Bearer {token}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
    return socket


async def is_closed_soon(*sockets: ClientConnection) -> None:
    begun_s = time.monotonic()
    for socket in sockets:
        await asyncio.wait_for(socket.wait_closed(), SOON_S)
        assert socket.close_code == 4403
    assert time.monotonic() - begun_s < SOON_S


@SET_UPS
async def test_a_stolen_access_token_is_dead_after_the_sign_out(coffer: Coffer) -> None:
    async with client(coffer.port) as http, client(coffer.port) as thief:
        who = await somebody(http)
        own, other = await ask(http, SIGN_IN, who), await ask(http, SIGN_IN, who)
        # Enough that each process has some.
        sockets = [await following(coffer.socket_url, own["token"]) for _ in range(6)]
        kept = await following(coffer.socket_url, other["token"])
        headers = {"authorization": f"Bearer {own['token']}"}
        seen = await ask(http, SESSIONS, None, headers)
        assert [each["isCurrent"] for each in seen] == [False, True]
        assert {each["network"] for each in seen} == {"127.0.0.0/24"}
        await ask(http, SIGN_OUT, None, headers)
        assert await status(thief, own["token"]) == 401
        assert (await refreshed(thief, own["refreshToken"]))["code"] == "SESSION_ENDED"
        await is_closed_soon(*sockets)
        await kept.ping()
        await kept.close()
    assert coffer.stop() == 0


@SET_UPS
async def test_who_comes_second_with_a_refresh_token_is_out_and_so_is_the_first(
    coffer: Coffer,
) -> None:
    async with client(coffer.port) as http, client(coffer.port) as thief:
        who = await somebody(http)
        secrets = [who["email"], who["password"]]
        for first, second in ((http, thief), (thief, http)):
            own = await ask(http, SIGN_IN, who)
            went_on = await refreshed(first, own["refreshToken"])
            socket = await following(coffer.socket_url, went_on["token"])
            assert (await refreshed(second, own["refreshToken"]))["code"] == "SESSION_ENDED"
            for token in (own["token"], went_on["token"]):
                assert await status(first, token) == 401
            assert (await refreshed(first, went_on["refreshToken"]))["code"] == "SESSION_ENDED"
            await is_closed_soon(socket)
            secrets += [*own.values(), *went_on.values()]
    assert coffer.stop() == 0
    assert not [secret for secret in secrets if secret in coffer.log]


@SET_UPS
async def test_guesses_are_counted_together_whichever_process_they_meet(coffer: Coffer) -> None:
    async with client(coffer.port) as http:
        who = await somebody(http)
        codes, waits = [], []
        for number in range(12):
            # A connection each, so that the processes share them; what it says of where it comes
            # from is nobody's word, and changes nothing.
            async with client(coffer.port) as guesser:
                given = who | {"password": f"a wild guess {number}"}
                headers = {"x-forwarded-for": f"198.51.100.{number}"}
                answer = await ask(guesser, SIGN_IN, given, headers)
                codes.append(answer["code"])
                waits.append(answer.get("retryAfter"))
        assert codes == ["SIGN_IN_FAILED"] * 10 + ["THROTTLED"] * 2
        assert 0 < waits[-1] <= 180
    assert coffer.stop() == 0
    assert "a wild guess" not in coffer.log
