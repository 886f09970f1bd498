"""A drill: back up under load, lose everything, restore, and go on."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from services.notifications.leap import BEYOND
from tests.servers import PostgresServer
from tests.serving.graphql import BALANCE, DEPOSIT, ask, client, deposit
from tests.serving.load import under_load
from tests.serving.waiting import until
from tests.stories import documents
from tests.stories.callers import Caller
from tests.stories.coffer import Coffer, coffer_on

MORE = 40


class OnSqlite:
    """The drill's steps where the database is a file."""

    def __init__(self, coffer: Coffer, path: Path) -> None:
        self.coffer = coffer
        self.path = path
        self.copy = path.with_name("backup.db")

    async def back_up(self) -> None:
        """Copy the file by command."""
        said = await asyncio.to_thread(self.coffer.run, "backup", str(self.copy))
        assert said.startswith(f"copied: {self.copy}")

    async def lose_and_restore(self) -> None:
        """Remove the database with all that belongs to it, and put the copy in its place."""
        for name in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + name).unlink(missing_ok=True)
        shutil.copyfile(self.copy, self.path)


class OnPostgres:
    """The drill's steps with the programs of PostgreSQL."""

    def __init__(self, coffer: Coffer, server: PostgresServer, url: str, directory: Path) -> None:
        self.coffer = coffer
        self.server = server
        self.url = url
        self.copy = directory / "backup.dump"

    async def back_up(self) -> None:
        """Dump one moment of the database."""
        await self._program("pg_dump", "--format=custom", f"--file={self.copy}", self.url)

    async def lose_and_restore(self) -> None:
        """Drop the database, and restore the dump into an empty one."""
        name = self.url.rpartition("/")[2]
        await self.server.drop_database(name)
        await self.server.create_database(name, "template0")
        await self._program(
            "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={self.url}",
            str(self.copy),
        )

    async def _program(self, name: str, *arguments: str) -> None:
        await asyncio.to_thread(subprocess.run, [self.server.program(name), *arguments], check=True)


@contextmanager
def drill(
    set_up: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[OnSqlite | OnPostgres]:
    """Return a set-up's steps."""
    if set_up == "sqlite":
        url = request.getfixturevalue("sqlite_url")
        with coffer_on(url) as coffer:
            yield OnSqlite(coffer, Path(url.removeprefix("sqlite://")))
        return
    server = request.getfixturevalue("postgres_server")
    url = request.getfixturevalue("postgres_url")
    with coffer_on(url, request.getfixturevalue("redis_url"), workers=2) as coffer:
        yield OnPostgres(coffer, server, url, tmp_path)


@pytest.mark.parametrize("set_up", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_what_was_acknowledged_before_the_backup_is_there_after_it_was_restored(
    set_up: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with drill(set_up, request, tmp_path) as steps:
        coffer = steps.coffer
        coffer.start()
        async with under_load(coffer) as (load, headers):
            acknowledged = load.acknowledged
            await steps.back_up()
            enough = load.acknowledged + MORE
            await until(lambda: load.acknowledged >= enough)
        player = Caller("player", coffer.url, token=headers["authorization"].split()[1])
        async with player:
            lost = (await player.ask(documents.NEWEST))["edges"][0]["cursor"]
            async with client(coffer.port) as http:
                (account,) = (await ask(http, BALANCE, headers=headers))["accounts"]
        assert coffer.stop() == 0
        await steps.lose_and_restore()
        assert coffer.run("restored").startswith("events go on above position 1,0")
        assert "the books agree" in coffer.run("check-ledger")
        coffer.start()
        async with client(coffer.port) as http, player:
            (restored,) = (await ask(http, BALANCE, headers=headers))["accounts"]
            amounts = [Decimal(each["balance"]["amount"]) for each in (restored, account)]
            assert acknowledged <= amounts[0] <= amounts[1] - MORE
            # Somebody who has seen what the backup does not hold hears what happens from now on.
            listener = await player.follow(
                documents.ACCOUNT_ACTIVITY, after=lost, accountId=account["id"]
            )
            given = deposit(account["id"], "after the restoration", "7.00")
            assert (await ask(http, DEPOSIT, given, headers))["__typename"] == "DepositSuccess"
            # The first may be deposits that the backup caught half way: they go on by themselves.
            while (await listener.next())["transaction"]["amount"]["amount"] != "7.00":
                pass
            await listener.close()
        assert coffer.stop() == 0
        assert "the books agree" in coffer.run("check-ledger")


def test_a_backup_is_one_file_that_only_its_owner_reads(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        coffer.run("backup", str(copy))
        again = coffer.attempt("backup", str(copy))
        assert coffer.stop() == 0
        nowhere = coffer.attempt("backup", str(tmp_path / "nowhere" / "copy.db"))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    for refused, told in ((again, "is there already"), (nowhere, "No such file or directory")):
        assert refused.returncode == 1
        assert told in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_backup_of_what_is_broken_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    path = Path(sqlite_url.removeprefix("sqlite://"))
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(20 * 4096))
    with coffer_on(sqlite_url) as coffer:
        refused = coffer.attempt("backup", str(tmp_path / "copy.db"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("not copied: ")
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.postgres
def test_a_database_on_postgres_has_programs_of_its_own(postgres_url: str, tmp_path: Path) -> None:
    with coffer_on(postgres_url) as coffer:
        refused = coffer.attempt("backup", str(tmp_path / "copy.db"))
    assert refused.returncode == 2
    assert "pg_dump" in refused.stderr


def test_a_database_that_is_served_was_not_just_restored(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        first = coffer.run("restored")
        assert f"{BEYOND:,}" in first
        assert f"{2 * BEYOND:,}" in coffer.run("restored")
        coffer.start()
        refused = coffer.attempt("restored")
        assert coffer.stop() == 0
    assert refused.returncode == 1
    assert "not while it is served" in refused.stderr
