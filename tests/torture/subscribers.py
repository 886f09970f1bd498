"""Subscribers over WebSocket that lose their sockets and come back with ``after:``."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.torture.clients import Caller
from tests.torture.database import Rows
from tests.torture.wire import AGAIN, Data, position_of

PROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE_S = 60.0
"""How long a socket may take to open, and a subscriber to catch up in the end."""

PAUSE_S = 0.05


class Dropped(Exception):
    """The subscription ended; one comes back."""


@dataclass(slots=True)
class Heard:
    """One event as it came."""

    position: int
    event: Data


@dataclass(slots=True)
class Subscriber:
    """One subscription for the whole run.

    Attributes:
        name: For people.
        url: The address of the WebSocket.
        caller: Who listens.
        document: A subscription with the variable ``$after``.
        variables: Its other variables.
        after: The cursor to begin behind.
        audiences: Whose events it must hear, as the feed's table names them.
        account_id: Where only one account's events are asked for.
        restless: After how many events, at most, it hangs up by itself; 0 for never.
    """

    name: str
    url: str
    caller: Caller
    document: str
    variables: Data
    after: str
    audiences: frozenset[str]
    account_id: str | None = None
    restless: int = 0
    random: Random = field(default_factory=Random)
    heard: list[Heard] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _goal: int | None = None
    since: int = field(init=False)

    def __post_init__(self) -> None:
        """Remember where it began."""
        self.since = position_of(self.after)

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except Dropped as dropped:
                self.ends[str(dropped)] += 1
            except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
                self.ends[type(error).__name__] += 1
            await asyncio.sleep(PAUSE_S)

    def expected(self, feed: Rows) -> Rows:
        """Return the rows of the feed's table that it must hear."""
        return [
            row
            for row in feed
            if row["id"] > self.since
            and row["audience"] in self.audiences
            and self.account_id in {None, row["account_id"]}
        ]

    def last_of(self, feed: Rows) -> int | None:
        """Return the last position that it must hear, if there is any."""
        return max((row["id"] for row in self.expected(feed)), default=None)

    async def catch_up(self, position: int | None) -> None:
        """Stay, and wait until it has heard this position; in vain where it was skipped."""
        self.restless = 0
        self._goal = position
        if position is None or any(heard.position >= position for heard in self.heard):
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._reached.wait()
        except TimeoutError:
            last = self.heard[-1].position if self.heard else None
            self.faults.append(f"{self.name} waits for {position} in vain; its last is {last}")

    async def _listen(self) -> None:
        async with connect(
            self.url,
            subprotocols=[PROTOCOL],
            open_timeout=PATIENCE_S,
            close_timeout=1,
            compression=None,
            proxy=None,
            max_queue=None,  # a full queue would keep it from reading the close frame
        ) as socket:
            await _send(socket, type="connection_init", payload=self._credentials())
            await _receive(socket, "connection_ack")
            payload = {
                "query": self.document,
                "variables": {**self.variables, "after": self.after},
            }
            await _send(socket, id="1", type="subscribe", payload=payload)
            patience = self.random.randint(1, self.restless) if self.restless else None
            while patience is None or patience > 0:
                self._take(await _receive(socket, "next"))
                patience = patience and patience - 1
            raise Dropped("hung up")

    def _credentials(self) -> dict[str, str]:
        headers = self.caller.headers
        if "x-api-key" in headers:
            return {"apiKey": headers["x-api-key"]}
        return {"authorization": headers["authorization"]}

    def _take(self, payload: Data) -> None:
        if payload.get("errors"):
            codes = {str(error.get("extensions", {}).get("code")) for error in payload["errors"]}
            if not codes <= AGAIN:
                self.faults.append(f"{self.name}: {payload}")
            raise Dropped(min(codes))
        (event,) = payload["data"].values()
        if event["__typename"] == "FeedGap":
            self.faults.append(f"{self.name} was told of a gap, but nothing was removed")
            self.after = event["gapCursor"]
            return
        self.after = event["cursor"]
        self.heard.append(Heard(position_of(event["cursor"]), event))
        if self._goal is not None and self.heard[-1].position >= self._goal:
            self._reached.set()


@contextlib.asynccontextmanager
async def listening(subscribers: Sequence[Subscriber]) -> AsyncIterator[None]:
    """Have them listen for the time of the block."""
    tasks = [asyncio.create_task(subscriber.run()) for subscriber in subscribers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [error for error in ended if not isinstance(error, asyncio.CancelledError)]
    assert not broken, broken


async def _send(socket: ClientConnection, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())


async def _receive(socket: ClientConnection, wanted: str) -> Any:  # noqa: ANN401 - JSON
    """Return the payload of the next message, which must be of this type."""
    while True:
        message = orjson.loads(await socket.recv())
        if message["type"] == "ping":
            await _send(socket, type="pong")
        elif message["type"] == wanted:
            return message.get("payload")
        elif message["type"] == "error":
            raise Dropped(str(message["payload"][0].get("extensions", {}).get("code")))
        else:
            raise Dropped(str(message["type"]))
