"""The house and the scene that the lottery's tests begin with, on each engine."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.factories import HouseUnderTest, Scene, a_scene, house_on


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books are audited when the test is through."""
    async with house_on(database_url) as house:
        yield house


@pytest_asyncio.fixture
async def scene(house: HouseUnderTest) -> Scene:
    """A player with 100 CNY and a mandate, before an open draw."""
    return await a_scene(house)
