"""Every command of ``python -m app``, as people type it."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.commands import COMMANDS, main, the_command
from tests.serving.graphql import WHO, ask, client
from tests.stories.coffer import ROOT, coffer_on


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for name in COMMANDS:
        assert name in printed
    assert "COFFER_DATABASE_URL" in printed


def test_every_file_is_a_command() -> None:
    files = {path.stem for path in (ROOT / "app" / "commands").glob("*.py")}
    names = {name.replace("-", "_") for name in COMMANDS}
    assert files - names == {"__init__", "of_partner"}
    assert names <= files


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: python -m app {name}")
    first = (the_command(name).__doc__ or "").splitlines()[0]
    assert first.split()[0] in printed
    assert "SUPPRESS" not in printed


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("COFFER_PORT", "many", "COFFER_PORT must be from 0 to 65535"),
        ("COFFER_PORT", "70000", "COFFER_PORT must be from 0 to 65535"),
        ("COFFER_ZONE", "Mars/Olympus", "COFFER_ZONE must be a time zone"),
        ("COFFER_DATABASE_URL", "mysql://a:secret@b/c", "must begin with sqlite:// or postgres://"),
    ],
)
def test_a_setting_that_is_wrong_is_told(
    name: str,
    value: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(["migrate"])
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "secret" not in printed


def test_migrate_makes_a_database_and_may_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "new" / "coffer.db"
    with coffer_on(f"sqlite://{path}") as coffer:
        coffer.run("migrate")
        with closing(sqlite3.connect(path)) as connection:
            made = list(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name"))
        assert {"wallet", "ledger_line"} <= {name for name, _ in made}
        coffer.run("migrate")
        with closing(sqlite3.connect(path)) as connection:
            assert made == list(
                connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
            )


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["create-partner", "lottery-centre", "O"],
        ["check-ledger"],
        ["serve"],
    ],
)
def test_a_database_that_is_away_is_told_in_a_line(command: list[str]) -> None:
    with coffer_on("postgres://nobody:secret@127.0.0.1:1/none") as coffer:
        refused = coffer.attempt(*command)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert "secret" not in refused.stderr
        assert refused.stderr.startswith("python -m app: ")
        assert "migrate" not in refused.stderr


async def test_a_partners_key_works_at_once(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        _, key = coffer.create_partner("sales-platform", "Lucky Shop")
        async with client(coffer.port) as http:
            viewer = await ask(http, WHO, headers={"x-api-key": key})
        assert viewer == {
            "__typename": "Partner",
            "name": "Lucky Shop",
            "kind": "SALES_PLATFORM",
        }
        again = coffer.attempt("create-partner", "lottery-centre", "Lucky Shop")
        assert again.returncode == 1
        assert "there is a partner named 'Lucky Shop' already" in again.stderr
        assert again.stdout == ""
        assert coffer.stop() == 0


def test_a_partners_name_is_checked(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        refused = coffer.attempt("create-partner", "lottery-centre", " ")
        assert refused.returncode == 1
        assert "1 to 80 characters" in refused.stderr


def test_export_schema_prints_the_contract(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        printed = coffer.run("export-schema")
    assert printed == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_every_setting_is_written_down_for_operators() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    read = set(re.findall(r"COFFER_[A-Z_]+", (ROOT / "app" / "settings.py").read_text("utf-8")))
    named = set(re.findall(r"COFFER_[A-Z_]+", page.split("## Settings")[1].split("\n## ")[0]))
    assert read - {"COFFER_"} == named


def test_every_command_that_operators_need_is_written_down() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for name in ("backup", "check-ledger", "grant", "make-keys", "migrate", "restored", "worker"):
        assert re.search(rf"\b{name}\b", page), name
