"""Copy the SQLite database to a file, while the server goes on writing.

The copy is one moment of the database, and a whole database by itself. PostgreSQL has programs of
its own for this: see docs/operating.md.
"""

import argparse
import sys
from pathlib import Path

from app.settings import Settings
from models.engines.copying import CannotCopy, copy_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, help="where the copy goes; it must not be there yet")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Copy; print where it is and how large."""
    if settings.sqlite_path is None:
        print(
            "PostgreSQL is backed up by pg_dump or pg_basebackup: see docs/operating.md",
            file=sys.stderr,
        )
        return 2
    try:
        copy_database(settings.sqlite_path, options.file)
    except CannotCopy as error:
        print(f"not copied: {error}", file=sys.stderr)
        return 1
    print(f"copied: {options.file} ({options.file.stat().st_size:,} bytes)")
    return 0
