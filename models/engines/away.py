"""Telling a database that cannot be reached now from a fault of our own."""

import sqlite3

import asyncpg
from tortoise.exceptions import DBConnectionError

from models.engines.postgres import LOST

_AWAY = (*LOST, DBConnectionError, asyncpg.QueryCanceledError)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def database_is_away(error: BaseException | None) -> bool:
    """Whether an error says that the database was not there or not free, and may be again soon."""
    while error is not None:
        if isinstance(error, _AWAY):
            return True
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode in _BUSY:
            return True
        error = error.__cause__ or error.__context__
    return False
