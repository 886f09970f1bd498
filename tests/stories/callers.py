"""Callers of Coffer from outside: a GraphQL client over HTTP, and subscriptions over WebSocket."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

ANSWER_S = 30.0
EVENT_S = 30.0
"""How long to wait for an event that must come, in seconds."""

Data = dict[str, Any]


class Caller:
    """Somebody who calls: a player with a token, a partner with an API key, or nobody yet.

    Args:
        name: For people.
        url: Of GraphQL over HTTP; the WebSocket is at the same place.
        token: A customer's access token.
        api_key: A partner's.
        language: Of messages.
    """

    def __init__(
        self, name: str, url: str, *, token: str = "", api_key: str = "", language: str = "en"
    ) -> None:
        self.name = name
        self.url = url
        self.headers = {"accept-language": language}
        self.credentials: dict[str, str] = {}
        if token:
            self.headers["authorization"] = f"Bearer {token}"
            self.credentials["authorization"] = f"Bearer {token}"
        if api_key:
            self.headers["x-api-key"] = api_key
            self.credentials["apiKey"] = api_key
        transport = HTTPXAsyncTransport(
            url, headers=self.headers, timeout=ANSWER_S, trust_env=False
        )
        self._client = Client(transport=transport, execute_timeout=ANSWER_S)
        self._stack = contextlib.AsyncExitStack()
        self._session: AsyncClientSession | None = None

    async def __aenter__(self) -> Self:
        """Connect."""
        self._session = await self._stack.enter_async_context(self._client)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self._stack.aclose()

    async def ask(self, document: str, /, **variables: object) -> Any:  # noqa: ANN401 - JSON
        """Return what the only root field of a query or mutation answers.

        Raises:
            gql.transport.exceptions.TransportError: There was no answer, or an error.
        """
        assert self._session is not None
        request = GraphQLRequest(document, variable_values=variables)
        answer = await self._session.execute(request)
        (field,) = answer.values()
        return field

    async def do(self, document: str, /, **given: object) -> Any:  # noqa: ANN401 - JSON
        """Return what a mutation with these fields in its ``input`` answers."""
        return await self.ask(document, input=given)

    async def pages(self, document: str, *path: str, size: int, **variables: object) -> list[Data]:
        """Return every node of a connection, read page by page; ``path`` leads to it."""
        nodes: list[Data] = []
        after: str | None = None
        while True:
            found = await self.ask(document, first=size, after=after, **variables)
            for step in path:
                found = found[step]
            nodes += [edge["node"] for edge in found["edges"]]
            if not found["pageInfo"]["hasNextPage"]:
                return nodes
            after = found["pageInfo"]["endCursor"]

    async def pages_after(self, document: str, after: str | None, size: int) -> list[Data]:
        """Return every node of a root connection that stands behind a cursor."""
        nodes: list[Data] = []
        while True:
            found = await self.ask(document, first=size, after=after)
            nodes += [edge["node"] for edge in found["edges"]]
            if not found["pageInfo"]["hasNextPage"]:
                return nodes
            after = found["pageInfo"]["endCursor"]

    async def follow(self, document: str, /, **variables: object) -> "Listener":
        """Subscribe."""
        listener = Listener(self, GraphQLRequest(document, variable_values=variables))
        await listener.connect()
        return listener


class Listener:
    """One subscription on a socket of its own, which keeps all that it hears, in order."""

    def __init__(self, caller: Caller, request: GraphQLRequest) -> None:
        url = "ws" + caller.url.removeprefix("http")
        self.transport = WebsocketsTransport(
            url,
            headers={"accept-language": caller.headers["accept-language"]},
            init_payload=caller.credentials,
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            connect_timeout=ANSWER_S,
            connect_args={"proxy": None},
        )
        self.heard: list[Data] = []
        """Every message so far."""
        self.heard_at_s: list[float] = []
        """When each arrived, by ``time.monotonic()``."""
        self._request = request
        self._client = Client(transport=self.transport)
        self._stack = contextlib.AsyncExitStack()
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._read = 0
        self._ended = False

    @property
    def cursor(self) -> str | None:
        """The last message's cursor, to go on behind it."""
        return self.heard[-1]["cursor"] if self.heard else None

    async def connect(self) -> None:
        """Open the socket, say who calls, and subscribe."""
        session = await self._stack.enter_async_context(self._client)
        self._task = asyncio.create_task(self._listen(session))

    async def next(self, within_s: float = EVENT_S) -> Data:
        """Return the next message.

        Raises:
            TimeoutError: None came.
        """
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: len(self.heard) > self._read or self._ended)
        if len(self.heard) == self._read and self._task is not None:
            await self._task  # raises why it ended
            raise EOFError("the subscription has ended")
        self._read += 1
        return self.heard[self._read - 1]

    async def until(self, kind: str, within_s: float = EVENT_S) -> Data:
        """Return the next message of a kind, passing over others."""
        async with asyncio.timeout(within_s):
            while (message := await self.next(within_s)).get("kind") != kind:
                pass
            return message

    async def close(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            # Whoever asked for the next message was told why there is none.
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task
        await self._stack.aclose()

    async def _listen(self, session: AsyncClientSession) -> None:
        try:
            async for answer in session.subscribe(self._request):
                (message,) = answer.values()
                async with self._changed:
                    self.heard.append(message)
                    self.heard_at_s.append(time.monotonic())
                    self._changed.notify_all()
        finally:
            self._ended = True
            async with self._changed:
                self._changed.notify_all()


def yuan(minor: int) -> dict[str, str]:
    """Return an amount as the schema takes it."""
    return {"amount": f"{minor // 100}.{minor % 100:02}", "currency": "CNY"}


def minor(money: Mapping[str, str]) -> int:
    """Return an amount as the schema gives it, in minor units."""
    assert money["currency"] == "CNY", money
    whole, _, fraction = money["amount"].partition(".")
    assert len(fraction) == 2, money
    return int(whole + fraction)
