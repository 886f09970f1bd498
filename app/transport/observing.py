"""What one operation was and how it ended, for whoever counts and logs operations."""

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.transport.errors import WireError
from app.transport.execution import Operation

REQUEST_ID = "x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def request_id_of(given: str | None) -> str:
    """Return the id that a caller gave to its request if it is well formed, or else a new one."""
    if given is not None and _WELL_FORMED.fullmatch(given):
        return given
    return os.urandom(16).hex()


@dataclass(slots=True)
class Observed:
    """An operation from its arrival to its end, as far as it came.

    Attributes:
        transport: ``http`` or ``websocket``.
        operation: What was admitted.
        actor: Who asked, as ``authenticate`` gave it.
        context: What it ran with.
        codes: Of the errors that it was answered with.
        events: How many answers a subscription gave.
        finished: Whether it came to its own end; a caller that goes away ends it before.
    """

    transport: str
    operation: Operation | None = None
    actor: object = None
    context: object = None
    codes: list[object] = field(default_factory=list)
    events: int = 0
    finished: bool = False
    _begun_s: float = field(default_factory=time.perf_counter)

    def add_errors(self, errors: Iterable[WireError]) -> None:
        """Remember the codes of errors."""
        self.codes.extend(error["extensions"].get("code") for error in errors)

    @property
    def duration_s(self) -> float:
        """For how long it has run."""
        return time.perf_counter() - self._begun_s
