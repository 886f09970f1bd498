"""A key that was revoked is dead within a second, on open sockets too, in every process."""

import json
import time

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.serving.graphql import WHO, ask, client
from tests.stories.coffer import coffer_on

SOON_S = 5.0
"""Much less than the 25 s after which a socket looks after its caller by itself."""

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  ... on CreateApiKeySuccess { secret apiKey { id } } ... on Refusal { code } } }"""
REVOKE = """mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  ... on RevokeApiKeySuccess { apiKey { revokedAt } } ... on Refusal { code } } }"""
FOLLOW = "subscription { notifications { ... on FeedEvent { cursor } } }"


async def following(url: str, api_key: str) -> ClientConnection:
    """Open a socket, and subscribe on it."""
    socket = await connect(url, subprotocols=["graphql-transport-ws"], proxy=None)  # type: ignore[list-item]  # a NewType of str
    await socket.send(json.dumps({"type": "connection_init", "payload": {"apiKey": api_key}}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(
        json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}),
    )
    return socket


@pytest.mark.parametrize(
    "set_up", ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
)
async def test_sockets_of_a_revoked_key_are_closed(
    set_up: str, request: pytest.FixtureRequest
) -> None:
    alone = set_up == "sqlite"
    database_url = request.getfixturevalue("sqlite_url" if alone else "postgres_url")
    redis_url = None if alone else request.getfixturevalue("redis_url")
    with coffer_on(database_url, redis_url, workers=1 if alone else 2) as coffer:
        coffer.start()
        _, first = coffer.create_partner("sales-platform", "Lucky Shop")
        own = {"x-api-key": first}
        async with client(coffer.port) as http:
            given = {"idempotencyKey": "1", "name": "listener", "scopes": ["READ", "SUBSCRIBE"]}
            made = await ask(http, CREATE, given, own)
            # Enough that each process has some.
            sockets = [await following(coffer.socket_url, made["secret"]) for _ in range(6)]
            kept = await following(coffer.socket_url, first)
            assert (await ask(http, WHO, None, {"x-api-key": made["secret"]}))["name"]
            given = {"idempotencyKey": "2", "apiKeyId": made["apiKey"]["id"]}
            assert (await ask(http, REVOKE, given, own))["apiKey"]["revokedAt"]
            revoked_at_s = time.monotonic()
            for socket in sockets:
                with pytest.raises(ConnectionClosed) as closed:
                    await socket.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4403
            assert time.monotonic() - revoked_at_s < SOON_S
            await kept.ping()
            # Whoever is told that a key is dead is told so by HTTP as well.
            while time.monotonic() - revoked_at_s < 1:
                await http.get("/healthz")
            response = await http.post(
                "/graphql", json={"query": WHO}, headers={"x-api-key": made["secret"]}
            )
            assert response.status_code == 401
            await kept.close()
        assert coffer.stop() == 0
        assert made["secret"] not in coffer.log
