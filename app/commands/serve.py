"""Serve GraphQL over HTTP and WebSocket until SIGTERM, then drain."""

import argparse
import asyncio
import contextlib
import os
import socket
import sys

from app.database import migrate
from app.file_lock import AlreadyServed, only_server_of
from app.logs import set_up_logs
from app.serving import listen, serve_many, serve_one
from app.settings import Settings

NAME = "serve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--workers",
        type=_positive,
        default=1,
        help="server processes; more than one needs PostgreSQL and Redis (%(default)s)",
    )
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve; the database is brought up to date first."""
    set_up_logs(dev=settings.dev)
    if options.socket is not None:
        # A child of the process below, which holds the other end of its standard input.
        serve_one(settings, socket.socket(fileno=options.socket), parent=sys.stdin.fileno())
        return 0
    if options.workers > 1 and (settings.sqlite_path or not settings.redis_url):
        print(
            "several workers need COFFER_DATABASE_URL=postgres://… and COFFER_REDIS_URL",
            file=sys.stderr,
        )
        return 2
    with contextlib.ExitStack() as stack:
        try:
            if settings.sqlite_path is not None:
                stack.enter_context(only_server_of(settings.sqlite_path))
        except (AlreadyServed, OSError) as error:
            print(f"cannot serve: {error}", file=sys.stderr)
            return 1
        try:
            listener = stack.enter_context(listen(settings))
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            reason = os.strerror(error.errno).lower() if error.errno else error
            print(
                f"cannot serve on {address}: {reason}; name another with PORT= or COFFER_PORT",
                file=sys.stderr,
            )
            return 1
        asyncio.run(migrate(settings.database_url))
        if options.workers > 1:
            serve_many(listener, options.workers)
        else:
            serve_one(settings, listener)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
