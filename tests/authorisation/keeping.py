"""Putting a house's database back to what it was, under the connections that use it."""

import sqlite3
from contextlib import closing
from dataclasses import replace

from app.adapters.local_throttle import LocalThrottle
from services.attempts import Attempts
from services.parameters import Parameters
from tests.factories import HouseUnderTest


class Keeper:
    """Keeps a copy of an SQLite file in memory, and puts it back."""

    def __init__(self, url: str) -> None:
        self._path = url.removeprefix("sqlite://")

    def keep(self) -> sqlite3.Connection:
        """Return a copy of the file as it is now."""
        copy = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self._path)) as file:
            file.backup(copy)
        return copy

    def put_back(self, copy: sqlite3.Connection) -> None:
        """Make the file what it was when it was copied."""
        with closing(sqlite3.connect(self._path)) as file:
            file.execute("PRAGMA synchronous=OFF")
            copy.backup(file)


def forgetful(house: HouseUnderTest) -> HouseUnderTest:
    """Return the same house, where nobody has tried anything yet."""
    return replace(house, throttle=LocalThrottle(), attempts=Attempts(), parameters=Parameters())
