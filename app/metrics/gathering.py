"""Asking the server processes of one parent for their figures."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from app.metrics.sheet import Sheet, decoded

ANSWER_S = 5.0
"""How long a process may take, its look at the database included."""
CHUNK_BYTES = 65_536


async def ask_sheet(process: str, ask: Callable[[socket.socket], bool]) -> Sheet | None:
    """Return a process's sheet; None when it does not give one in time.

    Args:
        process: What tells it from the others.
        ask: Hands it the socket to write to; False when it cannot be reached.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            if not ask(theirs):
                return None
        ours.settimeout(0)
        text = bytearray()
        with contextlib.suppress(TimeoutError, OSError, ValueError):
            async with asyncio.timeout(ANSWER_S):
                while chunk := await asyncio.get_running_loop().sock_recv(ours, CHUNK_BYTES):
                    text += chunk
            return Sheet(process, decoded(bytes(text)))
    return None
