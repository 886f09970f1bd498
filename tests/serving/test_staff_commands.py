"""Whoever has the machine invites the first administrator, and supervisors."""

import sqlite3
from contextlib import closing

import pytest

from tests.stories.coffer import coffer_on


def shown(printed: str) -> dict[str, str]:
    """Return what a command printed, by the names before the colons."""
    return dict(line.split(": ", 1) for line in printed.splitlines())


@pytest.mark.parametrize("command", ["create-administrator", "create-supervisor"])
def test_the_code_is_printed_and_kept_as_a_hash_alone(sqlite_url: str, command: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        printed = shown(coffer.run(command, "Ming@example.com", "王小明"))
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite://"))) as connection:
            (kept,) = connection.execute("SELECT id, email, invitation_hash FROM staff_member")
            audited = connection.execute("SELECT principal, object_id FROM audit_entry").fetchall()
        assert kept[:2] == (printed["id"], "ming@example.com")
        assert printed["one-time-code"].startswith("coffer_invitation_")
        assert printed["one-time-code"] not in kept
        assert audited == [("system", printed["id"])]
        for email, name, told in (
            ("ming@example.com", "Again", "signed up with this e-mail address"),
            ("ming", "No address", "this is no e-mail address"),
            ("hong@example.com", " ", "at least 1 characters"),
        ):
            refused = coffer.attempt(command, email, name)
            assert refused.returncode != 0
            assert told in refused.stderr
            assert "Traceback" not in refused.stderr
            assert refused.stdout == ""
