"""The bank over HTTP: for its client, whose requests are signed, and for whoever controls it.

For the client, as ``app/adapters/http_bank.py`` says, and callbacks to it. For control, from this
machine alone:

    PUT  /control/plan      how it behaves from now on (``plan.py``)
    POST /control/time      {"advance_s": 86400}: its clock goes on
    POST /control/receive   {"amount_minor", "currency", "remittance"}: money arrives from somebody
    POST /control/return    {"instruction_id", "reason"}: what was settled comes back
    GET  /control/books     balances, instructions, and how many callbacks are left to tell
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox_bank.books import Books, Callback, Conflict
from app.sandbox_bank.signature import sign, verify

TICK_S = 0.05
LOOPBACK = frozenset({"127.0.0.1", "::1"})
OLD_S = 3600
"""How old the signatures are that somebody else repeats."""

Answer = Callable[[Request, bytes], Awaitable[Response]]


@dataclass(slots=True)
class BankServer:
    """The bank's requests and callbacks.

    Args:
        books: Its books.
        secret: What it shares with its client.
        time_s: The real present, which signatures go by.
        die: Ends the bank at once, as a crash does.
        client: What callbacks go through.
        callback_url: Where they go.
    """

    books: Books
    secret: str
    time_s: Callable[[], float]
    die: Callable[[], None]
    client: httpx.AsyncClient
    callback_url: str

    def application(self, *, by_itself: bool) -> Starlette:
        """Return the ASGI application.

        Args:
            by_itself: Whether it does what is due as time passes, or only when told to.
        """
        routes = [
            Route("/instructions", self._signed(self._take), methods=["POST"]),
            Route("/instructions/{id}", self._signed(self._status)),
            Route("/statement", self._signed(self._statement)),
            Route("/control/plan", self._local(self._behave), methods=["PUT"]),
            Route("/control/time", self._local(self._advance), methods=["POST"]),
            Route("/control/receive", self._local(self._receive), methods=["POST"]),
            Route("/control/return", self._local(self._bring_back), methods=["POST"]),
            Route("/control/books", self._local(self._show)),
        ]
        return Starlette(routes=routes, lifespan=self._life if by_itself else None)

    async def tick(self) -> None:
        """Do what is due, and tell what is to be told by now."""
        self.books.pass_time()
        for callback in self.books.callbacks():
            self.books.told(callback, heard=await self._tell(callback))

    @asynccontextmanager
    async def _life(self, asgi: Starlette) -> AsyncIterator[None]:
        del asgi
        ticking = asyncio.create_task(self._tick_on())
        yield
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking

    async def _tick_on(self) -> None:
        while True:
            await self.tick()
            await asyncio.sleep(TICK_S)

    async def _tell(self, callback: Callback) -> bool:
        body = callback.body.encode()
        headers = sign(self.secret, self.time_s(), body)
        if callback.forged and callback.id % 2:
            headers = sign(self.secret, self.time_s() - OLD_S, body)
        elif callback.forged:
            headers = sign("somebody else's secret", self.time_s(), body)
        try:
            response = await self.client.post(self.callback_url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return response.is_success

    def _signed(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            body = await request.body()
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            headers = dict(request.headers)
            if not verify(self.secret, self.time_s(), headers, body, request.method, target):
                return Response(status_code=401)
            return await answer(request, body)

        return respond

    def _local(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            if request.client is None or request.client.host not in LOOPBACK:
                return Response(status_code=403)
            return await answer(request, await request.body())

        return respond

    async def _take(self, request: Request, body: bytes) -> Response:
        del request
        chance = self.books.chance()
        if chance.happens("unavailable"):
            return Response(status_code=503)
        if chance.happens("dies_before"):
            self.die()
        try:
            status = self.books.take(json.loads(body))
        except Conflict:
            return Response(status_code=409)
        if chance.happens("dies_after"):
            self.die()
        await asyncio.sleep(chance.seconds("answers_after_s"))
        if chance.happens("loses_answer"):
            return Response(status_code=504)
        return JSONResponse(status)

    async def _status(self, request: Request, body: bytes) -> Response:
        del body
        chance = self.books.chance("unavailable", "loses_answer")
        if chance.happens("unavailable") or chance.happens("loses_answer"):
            return Response(status_code=503)
        status = self.books.status(request.path_params["id"])
        return Response(status_code=404) if status is None else JSONResponse(status)

    async def _statement(self, request: Request, body: bytes) -> Response:
        del body
        if self.books.chance("unavailable").happens("unavailable"):
            return Response(status_code=503)
        after, limit = (int(request.query_params[name]) for name in ("after", "limit"))
        return JSONResponse({"lines": self.books.statement(after, limit)})

    async def _behave(self, request: Request, body: bytes) -> Response:
        del request
        try:
            self.books.behave(json.loads(body))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def _advance(self, request: Request, body: bytes) -> Response:
        del request
        self.books.advance(float(json.loads(body)["advance_s"]))
        return Response(status_code=204)

    async def _receive(self, request: Request, body: bytes) -> Response:
        del request
        given: dict[str, Any] = json.loads(body)
        reference = self.books.receive(
            given["amount_minor"], given["currency"], given["remittance"]
        )
        return JSONResponse({"reference": reference})

    async def _bring_back(self, request: Request, body: bytes) -> Response:
        del request
        given: dict[str, Any] = json.loads(body)
        done = self.books.bring_back(given["instruction_id"], given["reason"])
        return Response(status_code=204 if done else 409)

    async def _show(self, request: Request, body: bytes) -> Response:
        del request, body
        return JSONResponse(
            {
                "balances": self.books.balances(),
                "instructions": self.books.instructions(),
                "untold": self.books.untold(),
            }
        )
