"""Copying a SQLite database while others write to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path


class CannotCopy(Exception):
    """The copy could not be made whole; nothing is left of it."""


def copy_database(source: Path, target: Path) -> None:
    """Make a copy of one moment of a database, readable by its owner alone.

    It is written beside its place and checked before it gets its name, so that whatever has the
    name is whole.

    Args:
        source: The database.
        target: Where the copy goes; no file may be there.

    Raises:
        CannotCopy: It is there already, or the copy is not sound, or there is no room.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        if target.exists():
            raise CannotCopy(f"{target} is there already")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(source, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.link(part, target)  # unlike a rename, it takes nobody's place
        _sync_directory(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise CannotCopy(str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reader,
        closing(sqlite3.connect(part)) as copy,
    ):
        # In one step, thus under one read transaction: the write-ahead log lets others go on.
        reader.backup(copy)
        # A database that keeps no log is a single file; whoever serves it keeps one again.
        copy.execute("PRAGMA journal_mode=DELETE")
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise CannotCopy(f"the copy is not sound: {found}")


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
