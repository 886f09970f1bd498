"""The past that is written over whole tables is what the desk would have written."""

from pathlib import Path

import asyncpg
import pytest

from app.key_file import write_keyring
from app.settings import Settings
from benchmarks.arena import PRIZES, lay_out
from benchmarks.books import NotKept, check_acknowledged, check_books
from benchmarks.past import Past
from services.vault import Keyring

pytestmark = pytest.mark.postgres

PAST = Past(players=5, purchases_each=3, longest=4)


@pytest.fixture
def settings(postgres_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Of a process at a fresh database."""
    key_file = tmp_path / "keys.json"
    write_keyring(key_file, Keyring.fresh())
    return Settings(database_url=postgres_url, redis_url=redis_url, key_file=key_file)


async def test_the_books_balance_and_what_was_bought_is_there(settings: Settings) -> None:
    arena = await lay_out(settings, PAST, signed_in=2, watchers=3)
    assert [bool(player.token) for player in arena.players] == [True, True, False, False, False]
    assert len(set(arena.watchers)) == 3
    made_by_hand = 2 * (1 + 1 + PRIZES) + 2  # a deposit, a sample, the prizes' tickets; the pool
    assert PAST.lines == 2 * (5 + 15 + 4)
    assert await check_books(settings.database_url) == PAST.lines + made_by_hand
    connection = await asyncpg.connect(settings.database_url)
    bought = "SELECT count(*) FROM account_transaction WHERE type = 'PURCHASE' AND account_id = $1"
    assert [await connection.fetchval(bought, player.account_id) for player in arena.players] == [
        *(7, 3, 3, 3, 3)
    ]
    # A year of purchases, of which a quarter is as young as what is kept for 90 days.
    kept = await connection.fetchval("SELECT count(*) FROM answer WHERE key LIKE 'past-%'")
    assert kept == 4
    told = "SELECT count(*) FROM feed_event WHERE kind = 'PURCHASE' AND at < now() - interval '1 h'"
    assert await connection.fetchval(told) == 2 * kept
    # The indexes are back.
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO ledger_entry SELECT * FROM ledger_entry LIMIT 1")
    await connection.close()


async def test_what_is_missing_is_named(settings: Settings) -> None:
    arena = await lay_out(settings, PAST, signed_in=0, watchers=0)
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "UPDATE account_transaction SET reference = 'run-0000000007' WHERE reference = 'past-0'"
    )
    await connection.execute(
        "UPDATE ticket SET serial = 'run-0000000007', draw_id = $1 WHERE serial = 'past-0'",
        arena.draw_id,
    )
    await connection.close()
    where = (settings.database_url, arena.platform_id, arena.draw_id, "run")
    await check_acknowledged(*where, [7])
    with pytest.raises(NotKept, match="run-0000000008"):
        await check_acknowledged(*where, [7, 8])


async def test_books_that_do_not_balance_are_told(settings: Settings) -> None:
    arena = await lay_out(settings, PAST, signed_in=0, watchers=0)
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "UPDATE wallet SET balance_minor = balance_minor + 1 WHERE id = $1", arena.platform_id
    )
    await connection.close()
    with pytest.raises(NotKept, match="WALLET_BALANCE"):
        await check_books(settings.database_url)
