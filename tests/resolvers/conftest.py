"""A house on SQLite with the schema before it."""

from collections.abc import AsyncIterator

import pytest

from tests.resolvers.asking import Coffer, coffer_on


@pytest.fixture
async def coffer(sqlite_url: str) -> AsyncIterator[Coffer]:
    """The schema before a fresh house on SQLite."""
    async with coffer_on(sqlite_url) as coffer:
        yield coffer
