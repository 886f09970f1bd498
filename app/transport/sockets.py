"""The sockets being served, so that a shutdown can say goodbye to them."""

import asyncio
from collections.abc import Container
from typing import Protocol


class Closable(Protocol):
    """A socket, as far as its end is concerned."""

    @property
    def caller(self) -> object:
        """Who calls on it; None until that is known."""

    async def close(self, code: int, reason: str) -> None:
        """Close it, and wait until its operations have ended."""


class OpenSockets:
    """Every socket of one server."""

    def __init__(self) -> None:
        self._open: set[Closable] = set()
        self.operations = 0
        """How many operations run on them."""
        self.going_away = False
        """Whether whoever comes now is told to go elsewhere."""

    def __len__(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def add(self, socket: Closable) -> None:
        """Remember a socket until it is discarded."""
        self._open.add(socket)

    def discard(self, socket: Closable) -> None:
        """Forget a socket that ended."""
        self._open.discard(socket)

    async def close_all(self, code: int = 1001, reason: str = "going away") -> None:
        """Close every socket and whatever comes later, and wait until their operations have ended.

        uvicorn closes sockets by itself (1012) *before* it tells the application of the
        shutdown; this has to be called earlier for clients to see the code.
        """
        self.going_away = True
        await asyncio.gather(*(socket.close(code, reason) for socket in tuple(self._open)))

    @property
    def callers(self) -> frozenset[object]:
        """Everybody who calls on an open socket."""
        return frozenset(socket.caller for socket in self._open) - {None}

    async def close_those_of(self, callers: Container[object], code: int, reason: str) -> None:
        """Close the sockets of these callers, and wait until their operations have ended."""
        theirs = [socket for socket in self._open if socket.caller in callers]
        await asyncio.gather(*(socket.close(code, reason) for socket in theirs))
