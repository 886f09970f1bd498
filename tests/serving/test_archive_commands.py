"""`archive` and `check-archive` with everything but a process of their own, on both databases."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from app.commands import main
from models.kinds import EntryKind
from tests.factories import a_customer, a_platform, an_account, house_on, id_of
from tests.ledger.support import pay
from tests.serving.test_books_commands import execute

FIRST = ("--before", "2026-03-03")
SECOND = ("--from", "2026-03-03", "--before", "2026-03-05")

Typed = Callable[..., tuple[int, str, str]]
"""Runs a command; gives its exit code and what it printed, to both streams."""


async def keep_books(url: str) -> None:
    """Have a deposit and a purchase on one day, and a purchase two days later."""
    async with house_on(url) as house:
        payer = await an_account(house, await a_customer(house), 100_00)
        shop = id_of(await a_platform(house))
        await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, 30_00))
        house.clock.advance(days=2)
        await house.desk.submit(pay(EntryKind.PURCHASE, payer, shop, 1_00))


@pytest.fixture
def typed(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Commands for a database with books in it."""
    asyncio.run(keep_books(database_url))
    monkeypatch.setenv("COFFER_DATABASE_URL", database_url)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_archives_are_written_and_agree_with_each_other_and_the_books(
    typed: Typed, database_url: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.gz", tmp_path / "second.gz"
    code, printed, _ = typed("archive", first, *FIRST)
    assert (code, printed.splitlines()[0]) == (0, "archived: 2 entries, 4 lines")
    assert first.stat().st_mode & 0o777 == 0o600
    assert typed("archive", second, *SECOND)[0] == 0
    code, checked, _ = typed("check-archive", "--books", first, second)
    assert (code, checked.splitlines()[-1]) == (0, "the archives agree")
    assert printed.splitlines()[-1] in checked  # the hash
    raised = "UPDATE wallet SET balance_minor = balance_minor + 1 WHERE kind = 'LOTTERY'"
    asyncio.run(execute(database_url, raised))
    code, _, told = typed("archive", tmp_path / "third.gz", *FIRST)
    assert (code, "the books do not agree" in told) == (1, True)
    assert sorted(path.name for path in tmp_path.glob("*.gz*")) == ["first.gz", "second.gz"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_wrong_is_told(typed: Typed, tmp_path: Path) -> None:
    path, other = tmp_path / "kept.gz", tmp_path / "other.gz"
    assert typed("archive", path, *FIRST)[0] == 0
    code, _, told = typed("archive", path, *FIRST)
    assert (code, "is there already" in told) == (1, True)
    code, _, told = typed("archive", other, "--before", "2999-01-01")
    assert (code, "an hour ago" in told) == (2, True)
    assert typed("archive", other, "--from", "2026-03-04", *FIRST)[0] == 2
    code, _, told = typed("check-archive", tmp_path / "absent.gz")
    assert (code, "No such file" in told) == (1, True)
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(whole.replace(b"-3000", b"-3001")))
    code, printed, told = typed("check-archive", path)
    assert (code, "the seal: expected" in told) == (1, True)
    assert printed.splitlines()[-1] == "the archives do not agree"
    path.write_bytes(gzip.compress(whole)[:-20])
    assert typed("check-archive", path)[0] == 1
