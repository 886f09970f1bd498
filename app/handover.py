"""Handing connections from the process that accepts them to those that serve them.

The two ends of a socket pair. The accepting process keeps every connection that it has sent until
it hears that it was taken, so that what a dying process has not taken goes to another
(``docs/decisions/0007-spreading-connections.md``).
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Callable

CONNECTION = b"c"
"""Here is somebody to serve."""
FIGURES = b"f"
"""Here is a socket to write your figures to."""
FIGURES_OF_HOUSE = b"h"
"""The same, and those of the whole house with them."""
UNREADY = b"u"
"""Say that you are not ready: everything is going to end soon."""

_TOLD = struct.Struct("=IIB")
"""What the server process tells: how many it has just taken, how many are open, its state."""
_SERVING, _LEAVING = 0, 1
STUCK_S = 1.0
"""How long a process may take to take a connection before the others get those that follow."""
_AT_ONCE = 4096
"""How many tellings are read at once."""


class Door:
    """The server process's end: what is handed over comes in here.

    Args:
        channel: The socket.
        take: Serves a connection, from the next turn of the loop on.
        count: Tells how many connections are open.
        show: Writes the process's figures into a socket, those of the house with them if asked.
        unready: Called when everything is going to end soon.
        lost: Called when the accepting process has gone.
    """

    def __init__(
        self,
        channel: socket.socket,
        *,
        take: Callable[[socket.socket], None],
        count: Callable[[], int],
        show: Callable[[socket.socket, bool], None],
        unready: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._take = take
        self._count = count
        self._show = show
        self._unready = unready
        self._lost = lost
        self._untold = 0
        self._told_open: int | None = None

    def open(self) -> None:
        """Begin to take connections."""
        self._channel.settimeout(0)
        asyncio.get_running_loop().add_reader(self._channel, self._read)
        self.tell()

    def tell(self, *, leaving: bool = False) -> None:
        """Tell how many connections are open, if that is news."""
        open_count = self._count()
        if not self._untold and open_count == self._told_open and not leaving:
            return
        state = _LEAVING if leaving else _SERVING
        # When it cannot be told now, because the other end is busy, the next telling says it all.
        with contextlib.suppress(OSError):
            self._channel.send(_TOLD.pack(self._untold, open_count, state))
            self._untold, self._told_open = 0, open_count

    def close(self) -> None:
        """Take nothing more than what has been sent already."""
        asyncio.get_running_loop().remove_reader(self._channel)
        # From here on the other end cannot send; what it has sent can still be read.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RD)
        while self._receive():
            pass
        self.tell(leaving=True)

    def _read(self) -> None:
        if self._receive() == b"":
            asyncio.get_running_loop().remove_reader(self._channel)
            self._lost()

    def _receive(self) -> bytes | None:
        """Take in one message: empty when no more can come, None when none is there."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        connections = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        for connection in connections:
            if message == CONNECTION:
                self._take(connection)
                self._untold += 1
                self.tell()
            else:
                self._show(connection, message == FIGURES_OF_HOUSE)
        if message == UNREADY:
            self._unready()
        return message


class Handover:
    """The accepting process's end: connections go out here, to one server process.

    Args:
        channel: The socket.
        changed: Called when the other end has begun, has left, or has gone.
    """

    def __init__(self, channel: socket.socket, changed: Callable[["Handover"], None]) -> None:
        self.is_serving = False
        """Whether connections may be sent."""
        self.is_leaving = False
        """Whether the process has said that it takes no more."""
        self.given = 0
        """When a connection was last sent, as the sender counts."""
        self._channel = channel
        self._changed = changed
        self._open = 0
        self._untaken: deque[tuple[socket.socket, float]] = deque()
        channel.settimeout(0)
        asyncio.get_running_loop().add_reader(channel, self.read)

    @property
    def load(self) -> int:
        """How many connections the process has, with those that are on their way to it."""
        return self._open + len(self._untaken)

    @property
    def is_stuck(self) -> bool:
        """Whether the process has not taken what was sent a while ago: it stands still."""
        return bool(self._untaken) and time.monotonic() - self._untaken[0][1] > STUCK_S

    def give(self, connection: socket.socket, number: int) -> bool:
        """Send a connection; return False when the process cannot take it now."""
        if not self._send(CONNECTION, connection):
            return False
        self._untaken.append((connection, time.monotonic()))
        self.given = number
        return True

    def ask_figures(self, into: socket.socket, *, of_house: bool) -> bool:
        """Have the process write its figures into a socket."""
        return self._send(FIGURES_OF_HOUSE if of_house else FIGURES, into)

    def announce_end(self) -> None:
        """Have the process say that it is not ready."""
        with contextlib.suppress(OSError):
            self._channel.send(UNREADY)

    def take_back(self) -> list[socket.socket]:
        """Return what was sent and not taken by a process that has gone."""
        untaken, self._untaken = self._untaken, deque()
        return [connection for connection, _ in untaken]

    def close(self) -> None:
        """Close the channel."""
        asyncio.get_running_loop().remove_reader(self._channel)
        self.is_serving = False
        self._channel.close()

    def _send(self, message: bytes, descriptor: socket.socket) -> bool:
        try:
            socket.send_fds(self._channel, [message], [descriptor.fileno()])
        except BlockingIOError:
            return False
        except OSError:  # the other end is closed, and tells so itself
            self.is_serving = False
            return False
        return True

    def read(self) -> None:
        """Take in what the process tells."""
        try:
            told = self._channel.recv(_TOLD.size * _AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            told = b""
        for taken, self._open, state in _TOLD.iter_unpack(told):
            for _ in range(taken):
                # The other process has it: only when both have closed it is it closed.
                connection, _ = self._untaken.popleft()
                connection.close()
            if state == _LEAVING:
                self.is_serving, self.is_leaving = False, True
                self._changed(self)
            elif not (self.is_serving or self.is_leaving):
                self.is_serving = True
                self._changed(self)
        if not told:
            asyncio.get_running_loop().remove_reader(self._channel)
            self.is_serving = False
            self._changed(self)
