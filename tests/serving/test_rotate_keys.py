"""The data key changes while servers run: what was sealed still opens, and what comes is new."""

from collections.abc import Iterator

import httpx
import pytest

from tests.serving.graphql import client, new_player
from tests.stories.coffer import Coffer, coffer_on

PROFILES = """{ viewer { ... on Customer { accounts {
  profile { isReadable phone identityNumber } } } } }"""


@pytest.fixture(params=["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)])
def coffer(request: pytest.FixtureRequest) -> Iterator[Coffer]:
    """One process on SQLite; two and a worker on PostgreSQL and Redis."""
    if request.param == "sqlite":
        with coffer_on(request.getfixturevalue("sqlite_url")) as alone:
            yield alone
    else:
        urls = request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_url")
        with coffer_on(*urls, workers=2) as several:
            yield several


async def profile(http: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, object]:
    """Return somebody's masked profile."""
    answer = await http.post("/graphql", json={"query": PROFILES}, headers=headers)
    (account,) = answer.json()["data"]["viewer"]["accounts"]
    shown: dict[str, object] = account["profile"]
    return shown


async def test_nobody_notices_but_the_sealed_texts(coffer: Coffer) -> None:
    coffer.start()
    async with client(coffer.port) as http:
        before, _ = await new_player(http)
        shown = await profile(http, before)
        assert shown["isReadable"] is True
        assert coffer.run("rotate-keys", "--show") == "1: seals, 4 texts\n"
        assert coffer.run("rotate-keys") == "key 2 seals; sealed anew: 4\n"
        assert coffer.run("rotate-keys", "--show") == "1: opens, 0 texts\n2: seals, 4 texts\n"
        # Several connections, so that every process is asked for what it has not seen yet.
        for _ in range(4):
            async with client(coffer.port) as another:
                assert await profile(another, before) == shown
                after, _ = await new_player(another)
                assert (await profile(another, after))["isReadable"] is True
        assert coffer.run("rotate-keys", "--show") == "1: opens, 0 texts\n2: seals, 20 texts\n"
    assert coffer.stop() == 0
