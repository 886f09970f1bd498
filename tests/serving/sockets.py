"""GraphQL sockets, as far as the serving tests need them."""

import asyncio
from typing import Any

import orjson
import websockets

ANSWER_S = 30.0


async def listen(url: str, **headers: str) -> websockets.ClientConnection:
    """Open a GraphQL socket."""
    socket = await websockets.connect(
        url,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # only a string
        proxy=None,
        additional_headers=headers,
    )
    await socket.send(orjson.dumps({"type": "connection_init"}).decode())
    assert orjson.loads(await socket.recv())["type"] == "connection_ack"
    return socket


async def converse(socket: websockets.ClientConnection, payload: dict[str, Any]) -> None:
    """Run one operation on a socket to its end."""
    message = {"id": "1", "type": "subscribe", "payload": payload}
    await socket.send(orjson.dumps(message).decode())
    async with asyncio.timeout(ANSWER_S):
        while orjson.loads(await socket.recv())["type"] not in {"complete", "error"}:
            pass
