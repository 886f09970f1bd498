"""Telling a database that cannot be reached now, or has no room, from a fault of our own."""

import sqlite3

from tortoise.exceptions import DBConnectionError

from models.engines.postgres import CONTENDED, LOST

_AWAY = (*LOST, *CONTENDED, DBConnectionError)
_BUSY = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
)


def database_is_away(error: BaseException | None) -> bool:
    """Whether an error says that the database was not there, not free or full for now."""
    while error is not None:
        if isinstance(error, _AWAY):
            return True
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _BUSY:
            return True
        error = error.__cause__ or error.__context__
    return False
