"""Whoever has the machine lists a partner's keys, makes one, and revokes a lost one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.graphql import WHO, ask, client
from tests.serving.test_staff_commands import shown
from tests.stories.coffer import Coffer, coffer_on


async def test_a_lost_key_is_replaced_while_the_server_runs(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        partner_id, lost = coffer.create_partner("sales-platform", "Lucky Shop")
        made = shown(
            coffer.run("create-api-key", "Lucky Shop", "night shift", "--scope", "read", "--days=9")
        )
        listed = coffer.run("list-api-keys", partner_id).splitlines()
        assert len(listed) == 2
        assert made["id"] in listed[0]
        assert "'night shift'  READ" in listed[0]
        assert lost[:13] in listed[1]
        assert "never used" in listed[1]
        assert lost not in "".join(listed)
        lost_id = listed[1].split()[0]
        assert coffer.run("revoke-api-key", lost_id) == f"revoked {lost_id}\n"
        assert "revoked" in coffer.run("list-api-keys", "Lucky Shop").splitlines()[1]
        async with client(coffer.port) as http:
            who = await ask(http, WHO, None, {"x-api-key": made["api-key"]})
            assert who["name"] == "Lucky Shop"
            response = await http.post("/graphql", json={"query": WHO}, headers={"x-api-key": lost})
            assert response.status_code == 401
        assert coffer.stop() == 0


@pytest.fixture(scope="module")
def lucky_shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coffer]:
    """A house with one partner, in which nothing is done."""
    path = tmp_path_factory.mktemp("keys") / "coffer.db"
    shutil.copyfile(sqlite_template, path)
    with coffer_on(f"sqlite://{path}") as coffer:
        coffer.create_partner("sales-platform", "Lucky Shop")
        yield coffer


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list-api-keys", "Nobody"), "there is no partner 'Nobody'"),
        (("create-api-key", "Nobody", "key"), "there is no partner 'Nobody'"),
        (("create-api-key", "Lucky Shop", "key", "--scope", "draw"), "has no such scope"),
        (("create-api-key", "Lucky Shop", "key", "--days", "9999"), "too far ahead"),
        (("create-api-key", "Lucky Shop", "key", "--days", "99999999999"), "no such day"),
        (("create-api-key", "Lucky Shop", " "), "printable characters"),
        (("create-api-key", "Lucky Shop", "key", "--scope", "x"), "'x' is no scope"),
        (("revoke-api-key", "0192a1b2-0000-7000-8000-000000000001"), "there is no API key"),
    ],
)
def test_what_cannot_be_done_is_told(
    lucky_shop: Coffer, arguments: tuple[str, ...], told: str
) -> None:
    refused = lucky_shop.attempt(*arguments)
    assert refused.returncode != 0
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""
