"""Logs: JSON lines on standard error, or readable ones in development."""

import logging
import sys

import structlog


def set_up_logs(*, dev: bool) -> None:
    """Send structlog's events and the libraries' warnings to standard error.

    Tracebacks come without the values of variables, which may be somebody's password.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if dev
        else structlog.processors.JSONRenderer()
    )
    exceptions = [] if dev else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *exceptions,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
