"""Logs: JSON lines on standard error, or readable ones in development.

What a log tells is whose request it was (``request_id``), where in the code, and which kind of
error; never what a caller sent, nor what a row holds. Errors' own words may quote both, so they
are told without what stands in quotes, in brackets, or in long rows of digits.
"""

import contextlib
import logging
import re
import sys
import traceback
from typing import Any, BinaryIO, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

WORDS_MAX = 300
_QUOTED = re.compile(
    r"""(?<![A-Za-z0-9])'[^']*'?|"[^"]*"?|(?<==)\([^)]*\)?|\bDETAIL:.*|\d{6,}|\S+@\S+""", re.DOTALL
)


def words_of(error: BaseException) -> str:
    """Return what an error says of itself, without the values that it quotes."""
    return _QUOTED.sub("…", str(error))[:WORDS_MAX]


def story_of(error: BaseException) -> str:
    """Return an error's traceback and those of its causes, the first cause first."""
    told: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = "".join(traceback.format_tb(cause.__traceback__))
        kind = type(cause)
        told.append(f"{frames}{kind.__module__}.{kind.__qualname__}: {words_of(cause)}")
        if isinstance(cause, BaseExceptionGroup):
            told.extend(story_of(part) for part in cause.exceptions)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(reversed(told))


def tell_story(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by the error's story."""
    given: Any = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = story_of(error)
    return event


def _in_json(event: EventDict, **_: object) -> bytes:
    return orjson.dumps(event, default=str)


class Lines:
    """Where log lines go; what cannot be written is lost, and nothing else with it.

    A disk without room must not make a request fail that was answered well.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        """Write a line."""
        with contextlib.suppress(OSError):
            self._file.write(line)

    def flush(self) -> None:
        """Let it be seen."""
        with contextlib.suppress(OSError):
            self._file.flush()


def set_up_logs(*, dev: bool) -> None:
    """Send structlog's events and the libraries' warnings to standard error."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_story,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if dev else structlog.processors.JSONRenderer(_in_json)
    )
    structlog.configure(
        processors=[*before, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        if dev
        else structlog.BytesLoggerFactory(cast("BinaryIO", Lines(sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )
    decoded = [] if dev else [lambda _, __, line: line.decode()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *before],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                *decoded,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
