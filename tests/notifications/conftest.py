"""Databases that Tortoise is connected to."""

from collections.abc import AsyncIterator

import pytest_asyncio

from app.database import connected


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """A fresh database on each engine, connected; its address."""
    async with connected(database_url):
        yield database_url


@pytest_asyncio.fixture
async def postgres(postgres_url: str) -> AsyncIterator[str]:
    """A fresh database on PostgreSQL, connected; its address."""
    async with connected(postgres_url):
        yield postgres_url
