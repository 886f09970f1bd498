"""PostgreSQL gives up what takes a server too long."""

from pathlib import Path

import asyncpg
import pytest
from tortoise.connection import get_connection

from app.asgi import create_application
from app.database import connected
from app.key_file import write_keyring
from app.settings import Settings
from models.engines.away import database_is_away
from services.vault import Keyring

pytestmark = pytest.mark.postgres


async def shown(setting: str) -> object:
    """Return how the connection is set."""
    return (await get_connection("default").execute_query_dict(f"SHOW {setting}"))[0][setting]


async def test_a_server_waits_for_no_statement_for_ever(postgres_url: str, tmp_path: Path) -> None:
    write_keyring(tmp_path / "keys.json", Keyring.fresh())
    application = create_application(Settings(postgres_url, key_file=tmp_path / "keys.json"))
    async with application.lifespan(application.asgi):
        assert await shown("statement_timeout") == "20s"
        assert await shown("lock_timeout") == "5s"
        assert await shown("idle_in_transaction_session_timeout") == "10s"


async def test_a_command_takes_its_time(postgres_url: str) -> None:
    async with connected(postgres_url):
        assert await shown("statement_timeout") == "0"


async def test_what_took_too_long_may_be_asked_again(postgres_url: str) -> None:
    async with connected(postgres_url, {"statement_timeout": "20ms"}):
        with pytest.raises(asyncpg.QueryCanceledError) as given_up:
            await get_connection("default").execute_query("SELECT pg_sleep(5)")
    assert database_is_away(given_up.value)


async def test_who_waited_too_long_for_a_lock_may_ask_again(postgres_url: str) -> None:
    stranger = await asyncpg.connect(postgres_url)
    async with connected(postgres_url, {"lock_timeout": "20ms"}), stranger.transaction():
        await stranger.execute("LOCK TABLE draw")
        with pytest.raises(asyncpg.LockNotAvailableError) as given_up:
            await get_connection("default").execute_query("SELECT 1 FROM draw")
    assert database_is_away(given_up.value)
    await stranger.close()
