"""Give the server's database role its rights on PostgreSQL, after each migration.

Run it as the owner of the tables. The role may then read and write what the server does, and can
neither alter nor drop anything, nor change or remove what is in the journal.
"""

import argparse
import asyncio
import sys

from app.settings import Settings
from models.engines.rights import CannotGrant, grant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("role", help="the role that servers and workers connect as")
    parser.add_argument(
        "--show", action="store_true", help="print the statements, and change nothing"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Grant; print what was done."""
    if settings.sqlite_path is not None:
        print("SQLite has no roles; set COFFER_DATABASE_URL=postgres://…", file=sys.stderr)
        return 2
    try:
        statements = asyncio.run(grant(settings.database_url, options.role, apply=not options.show))
    except CannotGrant as error:
        print(f"not granted: {error}", file=sys.stderr)
        return 1
    if options.show:
        print(";\n".join(statements) + ";")
    else:
        print(f"granted: {options.role} may do what a server does")
    return 0
