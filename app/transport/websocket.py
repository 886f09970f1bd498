"""GraphQL over WebSocket: the ``graphql-transport-ws`` protocol, for queries and subscriptions.

Mutations stay on HTTP, where an answer that got lost can be asked for again. A document that is
wrong ends its own operation; only breaking the protocol ends the socket. A send waits for the
reader, so each operation holds one message at most; a reader that blocks too long is dropped.
Pings on the level of the socket are the server's business (``ws_ping_interval`` of uvicorn).
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Generic

import orjson
import structlog
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.transport.application import Actor, Application, Client
from app.transport.errors import (
    BAD_USER_INPUT,
    RateLimited,
    Refused,
    Unauthenticated,
    expose,
    refusal,
)
from app.transport.execution import read_request
from app.transport.language import pick_language
from app.transport.limits import check
from app.transport.observing import REQUEST_ID, Observed, request_id_of
from app.transport.sockets import OpenSockets
from models.engines.away import database_is_away

PROTOCOL = "graphql-transport-ws"

_GOING_AWAY = 1001
_BAD_REQUEST = 4400
_UNAUTHORIZED = 4401
_FORBIDDEN = 4403
_PROTOCOL_REFUSED = 4406
_INIT_TIMEOUT = 4408
_ID_TAKEN = 4409
_INIT_REPEATED = 4429
_TOO_BIG = 1009
_FAULT = 1011
_TRY_AGAIN = 1013
_REASON_BYTES = 123
"""What a close frame has room for."""
_GOODBYE_SECONDS = 2.0
"""How long a reader may hold up the close frame."""


class _Ending(Exception):
    """Ends the socket, from whichever task raises it; without a code when it is gone already."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSocketHandler(Generic[Actor]):
    """Serves sockets."""

    def __init__(self, application: Application[Actor], sockets: OpenSockets) -> None:
        self._application = application
        self._sockets = sockets

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket until it ends."""
        if not self._may_come(websocket.headers):
            await websocket.close()  # before it was accepted, which answers 403
            return
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(_PROTOCOL_REFUSED, f"Speak {PROTOCOL}")
            return
        connection_id = request_id_of(websocket.headers.get(REQUEST_ID))
        structlog.contextvars.bind_contextvars(connection_id=connection_id)
        await websocket.accept(PROTOCOL, [(REQUEST_ID.encode(), connection_id.encode())])
        if self._sockets.going_away:
            await websocket.close(_GOING_AWAY, "going away")
            return
        socket = _Socket(websocket, self._application, self._sockets)
        self._sockets.add(socket)
        try:
            await socket.serve()
        finally:
            self._sockets.discard(socket)

    def _may_come(self, headers: Mapping[str, str]) -> bool:
        """Whether this is no browser, or a page of ours, or one of a site that we know.

        A browser asks nobody before a page of another site opens a socket.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._application.origins:
            return True
        return origin.partition("://")[2].lower() == headers.get("host", "").lower()


class _Socket(Generic[Actor]):
    def __init__(
        self, websocket: WebSocket, application: Application[Actor], sockets: OpenSockets
    ) -> None:
        self._websocket = websocket
        self._application = application
        self._sockets = sockets
        self._limits = application.limits
        # A browser attaches cookies for whichever page opens the socket, so they prove nothing.
        self._headers = {
            name.lower(): value
            for name, value in websocket.headers.items()
            if name.lower() != "cookie"
        }
        peer = websocket.client
        self._client = Client(self._headers, peer.host if peer else None)
        self._tasks = asyncio.TaskGroup()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._closing: asyncio.Future[_Ending] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self.caller: Actor | None = None

    async def close(self, code: int, reason: str) -> None:
        if not self._closing.done():
            self._closing.set_result(_Ending(code, reason))
        await self._ended.wait()

    async def serve(self) -> None:
        try:
            async with self._tasks:
                self._tasks.create_task(self._await_closing())
                actor = self.caller = await self._initialise()
                self._tasks.create_task(self._recheck(actor))
                await self._converse(actor)
        except* _Ending as endings:
            for ending in endings.exceptions:
                if isinstance(ending, _Ending) and ending.code is not None:
                    await self._say_goodbye(ending.code, ending.reason)
        except* Exception as faults:  # noqa: BLE001  logged, and the socket closed
            observed = Observed("websocket")
            observed.add_errors(expose(fault) for fault in faults.exceptions)
            self._application.observe(observed)
            if all(database_is_away(fault) for fault in faults.exceptions):
                await self._say_goodbye(_TRY_AGAIN, "Try again later")
            else:
                await self._say_goodbye(_FAULT, "Internal fault")
        finally:
            self._ended.set()

    async def _await_closing(self) -> None:
        raise await self._closing

    async def _recheck(self, actor: Actor) -> None:
        while True:
            await asyncio.sleep(self._limits.recheck_seconds)
            if not await self._application.recheck(actor):
                raise _Ending(_FORBIDDEN, "Forbidden")

    async def _initialise(self) -> Actor:
        try:
            async with asyncio.timeout(self._limits.connection_init_seconds):
                message = await self._receive()
        except TimeoutError:
            raise _Ending(_INIT_TIMEOUT, "Connection initialisation timeout") from None
        if message["type"] != "connection_init":
            raise _Ending(_UNAUTHORIZED, "Unauthorized")
        parameters = message.get("payload")
        if not isinstance(parameters, dict | None):
            raise _Ending(_BAD_REQUEST, "The payload of connection_init must be an object")
        observed = Observed("websocket", finished=True)
        try:
            try:
                actor = await self._application.authenticate(self._client, parameters or {})
            except Unauthenticated:
                self._application.let_in(None, self._client)
                raise
            self._application.let_in(actor, self._client)
        except Unauthenticated as error:
            observed.add_errors([expose(error)])
            self._application.observe(observed)
            raise _Ending(_FORBIDDEN, "Forbidden") from None
        except RateLimited as limited:
            observed.add_errors(limited.errors)
            self._application.observe(observed)
            raise _Ending(_TRY_AGAIN, str(limited)) from None
        await self._send({"type": "connection_ack"})
        return actor

    async def _converse(self, actor: Actor) -> None:
        while True:
            message = await self._receive()
            match message["type"]:
                case "subscribe":
                    await self._start(message, actor)
                case "complete":
                    if task := self._operations.pop(str(message.get("id")), None):
                        task.cancel()
                case "connection_init":
                    raise _Ending(_INIT_REPEATED, "Too many initialisation requests")
                case _:
                    raise _Ending(_BAD_REQUEST, "Unknown message type")

    async def _start(self, message: Mapping[str, object], actor: Actor) -> None:
        name = message.get("id")
        payload = message.get("payload")
        if not isinstance(name, str) or not name or not isinstance(payload, dict):
            raise _Ending(_BAD_REQUEST, "A subscribe message needs an id and a payload")
        if name in self._operations:
            raise _Ending(_ID_TAKEN, f"Subscriber for {name} already exists")
        try:
            check("operations", len(self._operations) + 1, self._limits.socket_operations)
        except Refused as refused:
            await self._send({"id": name, "type": "error", "payload": refused.errors})
            return
        self._operations[name] = self._tasks.create_task(self._run(name, payload, actor))

    async def _run(self, name: str, payload: Mapping[str, object], actor: Actor) -> None:
        structlog.contextvars.bind_contextvars(request_id=request_id_of(None))
        observed = Observed("websocket", actor=actor)
        self._sockets.operations += 1
        last: dict[str, object] = {"id": name, "type": "complete"}
        try:
            await self._operate(name, payload, actor, observed)
            observed.finished = True
        except _Ending:
            raise
        except Refused as refused:
            observed.add_errors(refused.errors)
            last = {"id": name, "type": "error", "payload": refused.errors}
        except Exception as error:  # noqa: BLE001  it ends this operation, not its neighbours
            errors = [expose(error)]
            observed.add_errors(errors)
            last = {"id": name, "type": "error", "payload": errors}
        finally:
            self._sockets.operations -= 1
            self._application.observe(observed)
        # The client may use the id again as soon as it has read the last message.
        self._operations.pop(name, None)
        await self._send(last)

    async def _operate(
        self, name: str, payload: Mapping[str, object], actor: Actor, observed: Observed
    ) -> None:
        engine = self._application.engine
        operation = self._application.admit(read_request(payload), actor, self._client)
        if operation.kind is OperationType.MUTATION:
            raise refusal("Mutations are served over HTTP", BAD_USER_INPUT)
        observed.operation = operation
        now = await self._application.renew(actor)
        if now is None:
            raise _Ending(_FORBIDDEN, "Forbidden")
        language = pick_language(self._headers.get("accept-language"))
        context = partial(self._application.make_context, now, language, self._client)
        if operation.kind is OperationType.QUERY:
            observed.context = context()
            answer = await engine.execute(operation, observed.context)
            observed.add_errors(answer.get("errors", ()))
            await self._send({"id": name, "type": "next", "payload": answer})
            return
        async with aclosing(engine.subscribe(operation, context)) as answers:
            async for answer in answers:
                observed.events += 1
                observed.add_errors(answer.get("errors", ()))
                await self._send({"id": name, "type": "next", "payload": answer})

    async def _receive(self) -> dict[str, object]:
        """The next message that is not about keeping the socket alive."""
        while True:
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                raise _Ending
            message = self._parse(received.get("text"))
            if message["type"] == "ping":
                await self._send({"type": "pong"})
            elif message["type"] != "pong":
                return message

    def _parse(self, text: str | None) -> dict[str, object]:
        if text is None:
            raise _Ending(_BAD_REQUEST, "Messages must be text")
        encoded = text.encode()
        if len(encoded) > self._limits.body_bytes:
            raise _Ending(_TOO_BIG, "The message is too big")
        try:
            message = orjson.loads(encoded)
        except orjson.JSONDecodeError:
            raise _Ending(_BAD_REQUEST, "Messages must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Ending(_BAD_REQUEST, "Messages must be objects with a type")
        return message

    async def _send(self, message: Mapping[str, object]) -> None:
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._websocket.send_text(text)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            # RuntimeError is what Starlette and uvicorn raise once a close frame was sent.
            raise _Ending from None

    async def _say_goodbye(self, code: int, reason: str) -> None:
        fitting = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._websocket.close(code, fitting)
