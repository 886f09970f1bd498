"""Serve GraphQL over HTTP and WebSocket until SIGTERM, then drain."""

import argparse
import asyncio
import contextlib
import socket
import sys

from app.asgi import create_application
from app.database import bring_up_to_date
from app.file_lock import AlreadyServed, only_server_of
from app.listening import listen, listen_for_metrics
from app.logs import set_up_logs
from app.parent import serve_many
from app.serving import serve_behind, serve_here
from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--workers",
        type=_positive,
        default=1,
        help="server processes; more than one needs PostgreSQL and Redis (%(default)s)",
    )
    parser.add_argument("--channel", type=int, help=argparse.SUPPRESS)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve; the database is brought up to date first."""
    set_up_logs(dev=settings.dev)
    if options.channel is not None:
        # A child of the process below, which holds the other end.
        serve_behind(settings, socket.socket(fileno=options.channel))
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
        listener = stack.enter_context(listen(settings.host, settings.port, "PORT= or COFFER_PORT"))
        metrics = listen_for_metrics(settings)
        if metrics is not None:
            stack.enter_context(metrics)
        asyncio.run(bring_up_to_date(settings.database_url))
        if options.workers > 1:
            # A process that cannot be made is told here; the parent would start it again for ever.
            create_application(settings)
            serve_many(settings, listener, options.workers, metrics)
        else:
            serve_here(settings, listener, metrics)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
