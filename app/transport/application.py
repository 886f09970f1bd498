"""What the transport asks of the application it serves."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.transport.errors import RateLimited
from app.transport.execution import Engine, Operation, Request
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


Authenticate = Callable[[Client, Mapping[str, object]], Awaitable[Actor]]
"""The other end, with its headers, and ``connection_init`` payload to an actor.

Gives an anonymous actor when there are no credentials; raises ``Unauthenticated`` when those
that were given are not good, and ``RateLimited`` when they were not even looked at."""
MakeContext = Callable[[Actor, Language, Client], object]
"""A fresh context for one operation, and for each event of a subscription."""
Recheck = Callable[[Actor], Awaitable[bool]]
"""Whether an actor may keep its socket, and what it follows there, as it is."""
Renew = Callable[[Actor], Awaitable[Actor | None]]
"""An actor of an open socket as it is now, before each operation; None when it must close."""
TrustedOnly = Callable[[Actor], bool]
"""Whether an actor may ask with trusted documents alone."""
Introspection = Callable[[Actor], bool]
"""Whether an actor may ask for the schema."""
Observe = Callable[[Observed], None]
"""Told of each operation when it has ended."""


Enter = Callable[[Actor | None, Client, int], float]
"""Takes units out of what a caller may ask for, or returns for how many seconds it may not ask.

An actor whose credentials are not good is None."""
Owe = Callable[[Actor, Client, int], None]
"""Takes further units for what turned out to be asked."""


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
    introspection: Introspection[Actor]
    enter: Enter[Actor]
    owe: Owe[Actor]
    origins: Collection[str]
    """Of other sites, whose pages may open sockets here."""

    def let_in(self, actor: Actor | None, client: Client, units: int = 1) -> None:
        """Let a caller ask, unless it has asked for too much.

        Raises:
            RateLimited: It has.
        """
        wait_s = self.enter(actor, client, units)
        if wait_s:
            raise RateLimited(wait_s)

    def admit(self, request: Request, actor: Actor, client: Client) -> Operation:
        """Admit what a caller asks.

        Raises:
            RateLimited: It has asked for too much, and nothing of this was read.
            Refused: The request is not fit.
        """
        self.let_in(actor, client, self.engine.effort(request))
        operation = self.engine.admit(
            request,
            trusted_only=self.trusted_only(actor),
            introspection=self.introspection(actor),
        )
        if units := operation.cost // self.limits.cost_per_unit:
            self.owe(actor, client, units)
        return operation
