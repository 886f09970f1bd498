"""Run a bank to try Coffer on, with books of its own, which misbehaves when it is told to.

COFFER_BANK_SECRET is what it shares with Coffer, as on Coffer's side. It listens on this machine
alone; what it can be told is in `app/sandbox_bank/server.py`.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import httpx
import uvicorn

from app.adapters.http_transport import Transport
from app.sandbox_bank.books import Books
from app.sandbox_bank.server import BankServer
from app.settings import BANK_SECRET_LENGTH, Settings

DIED = 70
CALLBACK_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", type=int, default=8100, help="to listen on (%(default)s)")
    parser.add_argument(
        "--books", type=Path, default=Path("data/bank.db"), help="its SQLite file (%(default)s)"
    )
    parser.add_argument(
        "--callbacks",
        default="http://127.0.0.1:8000/bank/callbacks",
        help="where it tells Coffer what happens (%(default)s)",
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    del settings
    secret = os.environ.get("COFFER_BANK_SECRET", "")
    if len(secret) < BANK_SECRET_LENGTH:
        print(
            f"COFFER_BANK_SECRET must hold {BANK_SECRET_LENGTH} characters or more",
            file=sys.stderr,
        )
        return 2
    options.books.parent.mkdir(parents=True, exist_ok=True)
    books = Books(options.books, time.time)
    client = httpx.AsyncClient(
        transport=Transport(trust_env=False), timeout=CALLBACK_S, trust_env=False
    )
    server = BankServer(books, secret, time.time, die, client, options.callbacks)
    uvicorn.run(
        server.application(by_itself=True),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    books.close()
    return 0


def die() -> None:
    """End at once, and tidy up nothing."""
    os._exit(DIED)
