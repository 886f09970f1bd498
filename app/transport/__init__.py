"""The GraphQL wire: any Strawberry schema over HTTP and WebSocket, at one address."""

from collections.abc import Collection, Iterable

from starlette.routing import Route, WebSocketRoute
from strawberry import Schema

from app.transport.application import (
    Actor,
    Application,
    Authenticate,
    Client,
    Enter,
    Introspection,
    MakeContext,
    Observe,
    Owe,
    Recheck,
    Renew,
    TrustedOnly,
)
from app.transport.errors import RateLimited, Unauthenticated
from app.transport.execution import Engine
from app.transport.http import HTTPHandler, Respond
from app.transport.language import Language, pick_language
from app.transport.limits import Limits
from app.transport.observing import Observed
from app.transport.sockets import OpenSockets
from app.transport.trusted import BadRegistry
from app.transport.websocket import WebSocketHandler

__all__ = [
    "PATH",
    "BadRegistry",
    "Client",
    "Language",
    "Limits",
    "Observed",
    "OpenSockets",
    "RateLimited",
    "Unauthenticated",
    "graphql_routes",
    "pick_language",
]

PATH = "/graphql"


def graphql_routes(
    schema: Schema,
    *,
    authenticate: Authenticate[Actor],
    make_context: MakeContext[Actor],
    recheck: Recheck[Actor],
    renew: Renew[Actor],
    observe: Observe = lambda _: None,
    limits: Limits | None = None,
    suggestions: bool = False,
    trusted: Iterable[str] = (),
    trusted_only: TrustedOnly[Actor] = lambda _: False,
    introspection: Introspection[Actor] = lambda _: True,
    enter: Enter[Actor] = lambda _actor, _client, _units: 0.0,
    owe: Owe[Actor] = lambda _actor, _client, _units: None,
    origins: Collection[str] = (),
    sockets: OpenSockets | None = None,
    page: Respond | None = None,
) -> list[Route | WebSocketRoute]:
    """Routes that serve a schema on ``/graphql``.

    Args:
        schema: without Strawberry extensions and operation directives, which are not run.
        authenticate: the other end and ``connection_init`` payload to an actor, anonymous when
            there are no credentials; raises ``Unauthenticated`` for bad ones.
        make_context: a fresh context for each operation and each event of a subscription, from
            actor, language and client.
        recheck: whether an actor may keep its socket as it is; asked every
            ``limits.recheck_seconds``.
        renew: an actor of an open socket as it is now; asked before each operation.
        observe: told of each operation when it has ended.
        limits: what one caller may ask for at once.
        suggestions: whether errors suggest names ("Did you mean"), which helps to map a schema.
        trusted: the texts of the documents that may be asked for by their hashes.
        trusted_only: whether an actor may ask for those alone.
        introspection: whether an actor may ask for the schema.
        enter: takes units out of what a caller may ask for, or tells for how long it may not.
        owe: takes further units for what turned out to be asked.
        origins: other sites whose pages may open sockets here (``https://app.example``).
        sockets: remembers the open sockets, for ``close_all`` at shutdown.
        page: answers a GET that asks for HTML above all, which is a browser's.

    Raises:
        ValueError: when the schema has extensions or operation directives.
        BadRegistry: when a trusted document is not fit.
    """
    limits = limits or Limits()
    application = Application(
        Engine(schema, limits, suggestions=suggestions, trusted=trusted),
        limits,
        authenticate,
        make_context,
        recheck,
        renew,
        observe,
        trusted_only,
        introspection,
        enter,
        owe,
        origins,
    )
    http = HTTPHandler(application, page)
    websocket = WebSocketHandler(application, OpenSockets() if sockets is None else sockets)
    return [
        Route(PATH, http, methods=["GET", "POST"]),
        WebSocketRoute(PATH, websocket.serve),
    ]
