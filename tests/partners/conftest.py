"""The house that the partners' tests begin with, on each engine."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.factories import HouseUnderTest, house_on


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books are audited when the test is through."""
    async with house_on(database_url) as house:
        yield house
