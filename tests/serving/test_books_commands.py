"""`import-winners` and `check-ledger`, as people type them, on both databases."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from graphql_schema.relay import NodeKind, encode
from services.lottery.close_draw import close_draw
from tests.factories import a_key, a_scene, house_on
from tests.stories.coffer import coffer_on

TICKETS = 5


async def a_closed_draw(url: str) -> UUID:
    """Sell tickets W-1 to W-5 of a draw, and close it; return its id."""
    async with house_on(url) as house:
        scene = await a_scene(house)
        serials = [f"W-{number}" for number in range(1, TICKETS + 1)]
        await scene.buys(house, stakes=[1] * TICKETS, serials=serials)
        await close_draw(house, scene.centre, a_key(), scene.draw_id)
    return scene.draw_id


async def execute(url: str, statement: str) -> None:
    """Meddle with a database."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection, connection:
            connection.execute(statement)
    else:
        meddler = await asyncpg.connect(url)
        try:
            await meddler.execute(statement)
        finally:
            await meddler.close()


async def test_winners_are_imported_and_published(database_url: str, tmp_path: Path) -> None:
    draw_id = await a_closed_draw(database_url)
    path = tmp_path / "winners.csv"
    path.write_text("serial,prize\n" + "".join(f"W-{n},{n}.50\n" for n in range(1, TICKETS)))
    with coffer_on(database_url) as coffer:
        global_id = encode(NodeKind.DRAW, draw_id)
        imported = coffer.attempt("import-winners", global_id, str(path), "--publish")
        assert imported.stderr.splitlines() == ["winning tickets: 4 of 4 (100 %)"]
        assert imported.stdout == "rows: 4\ntaken: 4\nrefused: 0\npublished: yes\n"
        assert imported.returncode == 0
        again = coffer.attempt("import-winners", str(draw_id), str(path))
        assert again.returncode == 0
        path.write_text("serial,prize\nW-5,1.00\n")
        late = coffer.attempt("import-winners", str(draw_id), str(path))
        assert late.returncode == 1
        assert "refused: DRAW_PUBLISHED: The draw's winning tickets are published" in late.stderr


async def test_refused_rows_are_told_and_kept(sqlite_url: str, tmp_path: Path) -> None:
    draw_id = await a_closed_draw(sqlite_url)
    path = tmp_path / "winners.csv"
    path.write_text("serial,prize\nW-1,7\nNONE,8\n")
    with coffer_on(sqlite_url) as coffer:
        imported = coffer.attempt("import-winners", str(draw_id), str(path), "--publish")
        refused_path = tmp_path / "winners.refused.csv"
        assert imported.returncode == 1
        assert imported.stdout == (
            f"rows: 2\ntaken: 1\nrefused: 1 (see {refused_path})\npublished: no\n"
        )
        assert refused_path.read_text().splitlines() == [
            "serial,prize,code",
            "NONE,8.00,UNKNOWN_SERIAL",
        ]


@pytest.mark.parametrize(
    ("draw", "text", "code", "told"),
    [
        ("the draw", "serial,prize\nW-1,much\n", 1, "row 2: 'much' is no amount"),
        ("the draw", "W-1,7\n", 1, "row 1: the columns must be serial,prize"),
        ("the draw", None, 1, "No such file or directory"),
        (str(UUID(int=7)), "serial,prize\n", 1, "refused: NOT_FOUND"),
        ("seven", "serial,prize\n", 2, "'seven' is not the id of a draw"),
        (encode(NodeKind.ACCOUNT, UUID(int=7)), "serial,prize\n", 2, "is not the id of a draw"),
    ],
)
async def test_what_cannot_be_imported_is_told(
    draw: str, text: str | None, code: int, told: str, sqlite_url: str, tmp_path: Path
) -> None:
    draw_id = await a_closed_draw(sqlite_url)
    path = tmp_path / "winners.csv"
    if text is not None:
        path.write_text(text)
    with coffer_on(sqlite_url) as coffer:
        chosen = str(draw_id) if draw == "the draw" else draw
        refused = coffer.attempt("import-winners", chosen, str(path))
    assert refused.returncode == code
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


async def test_books_that_agree(database_url: str) -> None:
    await a_closed_draw(database_url)
    with coffer_on(database_url) as coffer:
        checked = coffer.attempt("check-ledger")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[-1] == "the books agree"
    assert checked.stdout.startswith("read: ")
    assert checked.stderr.startswith("wallets: ")


async def test_books_that_do_not_agree(database_url: str) -> None:
    await a_closed_draw(database_url)
    await execute(
        database_url, "UPDATE wallet SET balance_minor = balance_minor + 1 WHERE kind = 'LOTTERY'"
    )
    with coffer_on(database_url) as coffer:
        checked = coffer.attempt("check-ledger")
    assert checked.returncode == 1
    assert "WALLET_BALANCE: " in checked.stdout
    assert "expected 9995, found 9996" in checked.stdout
    assert checked.stdout.splitlines()[-1] == "differences: 1"


async def test_the_books_are_checked_beside_a_running_server(sqlite_url: str) -> None:
    await a_closed_draw(sqlite_url)
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        assert "the books agree" in coffer.run("check-ledger")
        assert coffer.stop() == 0


def test_a_database_without_tables_is_told(tmp_path: Path) -> None:
    with coffer_on(f"sqlite://{tmp_path / 'empty.db'}") as coffer:
        for command in (["check-ledger"], ["create-partner", "lottery-centre", "O"]):
            refused = coffer.attempt(*command)
            assert refused.returncode == 1
            assert "Traceback" not in refused.stderr
            assert "run `python -m app migrate`" in refused.stderr
