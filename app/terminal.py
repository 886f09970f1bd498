"""Telling people at a terminal how far something has come."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

EVERY_S = 0.2


class Progress:
    """One line on standard error: rewritten in place at a terminal, repeated to anything else.

    Args:
        stream: Where it is told.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._told_at_s = float("-inf")
        self._pending = ""

    def show(self, what: str, done: int, total: int | None = None) -> None:
        """Tell how many of something are done, and of how many; at most a few times a second."""
        of = "" if total is None else f" of {total:,} ({100 * done // max(total, 1)} %)"
        self._pending = f"{what}: {done:,}{of}"
        now_s = time.monotonic()
        if now_s - self._told_at_s >= EVERY_S:
            self._told_at_s = now_s
            self._tell()

    def _tell(self) -> None:
        if self._pending:
            in_place = self._stream.isatty()
            text = f"\r{self._pending}\033[K" if in_place else f"{self._pending}\n"
            self._stream.write(text)
            self._stream.flush()
            self._pending = ""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell the last figure, and leave the line."""
        self._tell()
        if self._stream.isatty():
            self._stream.write("\n")
