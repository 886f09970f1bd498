"""GraphQL over HTTP, as the working group's draft has it.

A request error answers 400 as ``application/graphql-response+json`` and 200 as
``application/json``; a request that is not even well formed answers 4xx as either. POST takes
JSON alone, and GET a header, which no page of another origin can send unasked; GET runs queries
alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Generic, NamedTuple

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.datastructures import QueryParams
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.transport.application import Actor, Application, Client
from app.transport.errors import (
    BAD_USER_INPUT,
    PREFLIGHT_REQUIRED,
    Overdue,
    RateLimited,
    Refused,
    Unauthenticated,
    expose,
    refusal,
)
from app.transport.execution import Answer, Operation, Request, read_request
from app.transport.language import by_preference, pick_language
from app.transport.limits import exceeded
from app.transport.observing import REQUEST_ID, Observed, request_id_of
from models.engines.away import database_is_away

Respond = Callable[[HTTPRequest], Awaitable[Response]]
"""Answers a whole request by itself."""

_HTML = "text/html"
_GRAPHQL_JSON = "application/graphql-response+json"
_JSON = "application/json"
_UNASKED = (
    "authorization",
    "x-api-key",
    "x-requested-with",
    "graphql-require-preflight",
    "apollo-require-preflight",
)
"""Headers for which a browser asks us first, when a page of another origin wants to send one."""
_HEADERS = ((b"vary", b"accept"), (b"cache-control", b"no-store"))
_CONTENT_TYPES = {kind: f"{kind}; charset=utf-8".encode() for kind in (_GRAPHQL_JSON, _JSON)}
_OFFERED = {_GRAPHQL_JSON: _GRAPHQL_JSON, _JSON: _JSON, "application/*": _JSON, "*/*": _JSON}


class _Failure(Exception):
    """A request that HTTP itself refuses, whatever format was asked for."""

    def __init__(self, status: HTTPStatus, refused: Refused, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.errors = refused.errors
        self.headers = headers


class _Reply(NamedTuple):
    """An answer as it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class HTTPHandler(Generic[Actor]):
    """Answers GraphQL requests over HTTP, as an ASGI application of its own.

    Nothing is raised for what the caller or the application did.
    """

    def __init__(self, application: Application[Actor], page: Respond | None = None) -> None:
        self._application = application
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # Of a header that came twice the first counts, as everywhere.
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in reversed(scope["headers"])
        }
        accept = headers.get("accept") or "*/*"
        if self._page is not None and scope["method"] != "POST" and _prefers_html(accept):
            page = await self._page(HTTPRequest(scope, receive, send))
            await page(scope, receive, send)
            return
        request_id = request_id_of(headers.get(REQUEST_ID))
        structlog.contextvars.bind_contextvars(request_id=request_id)
        observed = Observed("http")
        try:
            reply = await self._reply(scope, receive, headers, accept, observed)
            observed.finished = True
        finally:
            self._application.observe(observed)
        reply.headers.append((REQUEST_ID.encode(), request_id.encode()))
        start = {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        await send(start)
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(
        self,
        scope: Scope,
        receive: Receive,
        headers: Mapping[str, str],
        accept: str,
        observed: Observed,
    ) -> _Reply:
        media_type = _negotiate(accept)
        if media_type is None:
            unacceptable = refusal(f"Accept {_GRAPHQL_JSON} or {_JSON}", BAD_USER_INPUT)
            observed.add_errors(unacceptable.errors)
            return _json(HTTPStatus.NOT_ACCEPTABLE, _JSON, {"errors": unacceptable.errors})
        more: Mapping[str, str] = {}
        try:
            answer = await self._answer(scope, receive, headers, observed)
            observed.add_errors(answer.get("errors", ()))
            return _json(HTTPStatus.OK, media_type, answer)
        except _Failure as failure:
            status, errors, more = failure.status, failure.errors, failure.headers
        except Overdue as overdue:
            status, errors = HTTPStatus.SERVICE_UNAVAILABLE, [expose(overdue)]
            more = {"retry-after": "1"}
        except RateLimited as limited:
            status, errors = HTTPStatus.TOO_MANY_REQUESTS, limited.errors
            more = {"retry-after": str(limited.retry_after_s)}
        except (Refused, GraphQLError) as error:
            errors = error.errors if isinstance(error, Refused) else [expose(error)]
            status = HTTPStatus.BAD_REQUEST if media_type == _GRAPHQL_JSON else HTTPStatus.OK
        except Exception as error:  # noqa: BLE001  a fault is logged, masked, and answered
            away = database_is_away(error)
            status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR
            more = {"retry-after": "1"} if away else {}
            errors = [expose(error)]
        observed.add_errors(errors)
        return _json(status, media_type, {"errors": errors}, more)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], observed: Observed
    ) -> Answer:
        request = await self._read(scope, receive, headers)
        peer = scope.get("client")
        client = Client(headers, peer[0] if peer else None)
        try:
            actor = await self._application.authenticate(client, {})
        except Unauthenticated as error:
            self._application.let_in(None, client)
            raise _Failure(
                HTTPStatus.UNAUTHORIZED, Refused([expose(error)]), **{"www-authenticate": "Bearer"}
            ) from None
        observed.actor = actor
        operation = self._application.admit(request, actor, client)
        _check_method(scope["method"], operation)
        observed.operation = operation
        language = pick_language(headers.get("accept-language"))
        context = self._application.make_context(actor, language, client)
        observed.context = context
        return await self._application.engine.execute(operation, context)

    async def _read(self, scope: Scope, receive: Receive, headers: Mapping[str, str]) -> Request:
        try:
            if scope["method"] == "POST":
                _check_content(headers)
                return read_request(_parse("body", await self._body(receive, headers)))
            _check_header(headers)
            asked = QueryParams(scope["query_string"])
            parameters: dict[str, object] = dict(asked)
            for name in ("variables", "extensions"):
                if text := asked.get(name):
                    parameters[name] = _parse(f"`{name}`", text)
                else:
                    parameters.pop(name, None)
            return read_request(parameters)
        except Refused as refused:
            raise _Failure(HTTPStatus.BAD_REQUEST, refused) from None

    async def _body(self, receive: Receive, headers: Mapping[str, str]) -> bytearray:
        """Read the body, and stop at the limit whatever length it claims to have."""
        maximum = self._application.limits.body_bytes
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > maximum:
            raise _too_large(int(length), maximum)
        body = bytearray()  # many small pieces take no more room than few large ones
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _failure(HTTPStatus.BAD_REQUEST, "The body ended early")
            body += message.get("body", b"")
            if len(body) > maximum:
                raise _too_large(len(body), maximum)
            more = message.get("more_body", False)
        return body


def _negotiate(accept: str) -> str | None:
    return next((_OFFERED[wanted] for wanted in by_preference(accept) if wanted in _OFFERED), None)


def _prefers_html(accept: str) -> bool:
    wanted = (one for one in by_preference(accept) if one in {_HTML, *_OFFERED})
    return next(wanted, None) == _HTML


def _check_content(headers: Mapping[str, str]) -> None:
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "') or "utf-8"
    if kind.strip() != _JSON or charset not in {"utf-8", "utf8"}:
        raise _failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send {_JSON} in UTF-8")
    if headers.get("content-encoding", "identity") != "identity":
        raise _failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed")


def _check_header(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").lower().partition(";")[0].strip()
    if kind != _JSON and not any(name in headers for name in _UNASKED):
        raise _Failure(
            HTTPStatus.BAD_REQUEST,
            refusal(
                f"Send one of {', '.join(_UNASKED)}, or content-type {_JSON}", PREFLIGHT_REQUIRED
            ),
        )


def _check_method(method: str, operation: Operation) -> None:
    if operation.kind is OperationType.SUBSCRIPTION:
        raise refusal("Subscriptions are served over WebSocket", BAD_USER_INPUT)
    if operation.kind is OperationType.MUTATION and method != "POST":
        raise _failure(HTTPStatus.METHOD_NOT_ALLOWED, "Send mutations by POST", allow="POST")


def _parse(what: str, text: bytearray | str) -> object:
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise refusal(f"The {what} is not JSON", BAD_USER_INPUT) from None
    return parsed


def _failure(status: HTTPStatus, message: str, **headers: str) -> _Failure:
    return _Failure(status, refusal(message, BAD_USER_INPUT), **headers)


def _too_large(size: int, maximum: int) -> _Failure:
    return _Failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, exceeded("bodyBytes", size, maximum))


def _json(
    status: HTTPStatus,
    media_type: str,
    content: object,
    more: Mapping[str, str] | None = None,
) -> _Reply:
    body = orjson.dumps(content)
    headers = [
        *_HEADERS,
        (b"content-length", b"%d" % len(body)),
        (b"content-type", _CONTENT_TYPES[media_type]),
    ]
    if more:
        headers += [(name.encode(), value.encode()) for name, value in more.items()]
    return _Reply(status, headers, body)
