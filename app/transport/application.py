"""What the transport asks of the application it serves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.transport.execution import Engine
from app.transport.language import Language
from app.transport.limits import Limits
from app.transport.observing import Observed

Actor = TypeVar("Actor")


@dataclass(frozen=True, slots=True)
class Client:
    """The other end of a connection.

    Attributes:
        headers: What it sent, names in lower case.
        peer: Its address, which may be a proxy's.
    """

    headers: Mapping[str, str]
    peer: str | None


Authenticate = Callable[[Mapping[str, str], Mapping[str, object]], Awaitable[Actor]]
"""Headers (names in lower case) and ``connection_init`` payload to an actor.

Gives an anonymous actor when there are no credentials; raises ``Unauthenticated`` when those
that were given are not good."""
MakeContext = Callable[[Actor, Language, Client], object]
"""A fresh context for one operation, and for each event of a subscription."""
Recheck = Callable[[Actor], Awaitable[bool]]
"""Whether an actor may keep its socket, and what it follows there, as it is."""
Renew = Callable[[Actor], Awaitable[Actor | None]]
"""An actor of an open socket as it is now, before each operation; None when it must close."""
TrustedOnly = Callable[[Actor], bool]
"""Whether an actor may ask with trusted documents alone."""
Observe = Callable[[Observed], None]
"""Told of each operation when it has ended."""


@dataclass(frozen=True, slots=True)
class Application(Generic[Actor]):
    """A schema with the callables around it, as both transports use them."""

    engine: Engine
    limits: Limits
    authenticate: Authenticate[Actor]
    make_context: MakeContext[Actor]
    recheck: Recheck[Actor]
    renew: Renew[Actor]
    observe: Observe
    trusted_only: TrustedOnly[Actor]
