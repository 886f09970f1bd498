"""A partner that hangs up, changes its key and outlives its server misses nothing: D6."""

from collections.abc import Iterator
from typing import Any

import pytest
from gql.transport.exceptions import TransportError

from tests.stories import documents
from tests.stories.callers import Caller, Listener
from tests.stories.coffer import Coffer, coffer_on

MY_KEY = "{ apiKeys(first: 1) { edges { node { id } } } }"
ROTATE = """mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
  __typename ... on RotateApiKeySuccess { secret } ... on Refusal { code path } } }"""
REVOKE = """mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  __typename ... on Refusal { code path } } }"""


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


class Draws:
    """A lottery centre that opens one draw after the other, which every partner is told."""

    def __init__(self, centre: Caller) -> None:
        self.centre = centre
        self.codes: list[str] = []

    async def open(self, count: int) -> None:
        """Open so many draws."""
        for _ in range(count):
            code = f"draw {len(self.codes) + 1}"
            answer = await self.centre.do(
                documents.OPEN_DRAW,
                idempotencyKey=code,
                game="Double Colour Ball",
                code=code,
                salesCloseAt="2099-01-01T00:00:00Z",
                currency="CNY",
            )
            assert answer["__typename"] == "OpenDrawSuccess", answer
            self.codes.append(code)


async def hear(listener: Listener, heard: list[dict[str, Any]], count: int) -> None:
    """Take the next events of a subscription."""
    heard += [await listener.next() for _ in range(count)]


@pytest.mark.requirement("D6")
async def test_a_partner_misses_nothing_whatever_is_cut(coffer: Coffer) -> None:
    _, centre_key = coffer.create_partner("lottery-centre", "Centre")
    _, key = coffer.create_partner("sales-platform", "Platform")
    coffer.start()
    heard: list[dict[str, Any]] = []
    async with Caller("centre", coffer.url, api_key=centre_key) as centre:
        draws = Draws(centre)
        async with Caller("platform", coffer.url, api_key=key) as platform:
            await draws.open(1)
            (first,) = (await platform.ask(documents.FEED, first=1))["edges"]
            listener = await platform.follow(documents.NOTIFICATIONS, after=first["cursor"])
            await draws.open(2)
            await hear(listener, heard, 2)
            await listener.close()

            await draws.open(3)
            listener = await platform.follow(documents.NOTIFICATIONS, after=heard[-1]["cursor"])
            await hear(listener, heard, 3)
            await draws.open(1)
            await hear(listener, heard, 1)

            (mine,) = (await platform.ask(MY_KEY))["edges"]
            rotated = await platform.do(
                ROTATE, idempotencyKey="rotate", apiKeyId=mine["node"]["id"]
            )
            # The old key goes on beside its successor, so the socket stays.
            await draws.open(1)
            await hear(listener, heard, 1)

        async with Caller("platform", coffer.url, api_key=rotated["secret"]) as platform:
            await platform.do(REVOKE, idempotencyKey="revoke", apiKeyId=mine["node"]["id"])
            with pytest.raises((TransportError, EOFError)):
                await listener.next()
            await listener.close()
            await draws.open(2)
            listener = await platform.follow(documents.NOTIFICATIONS, after=heard[-1]["cursor"])
            await hear(listener, heard, 2)

            for pid in coffer.server_pids():
                coffer.kill9(pid)
            await listener.close()
    if coffer.workers == 1:
        coffer.start()
    coffer.wait_ready()  # where there are several, their parent has replaced them
    async with (
        Caller("centre", coffer.url, api_key=centre_key) as centre,
        Caller("platform", coffer.url, api_key=rotated["secret"]) as platform,
    ):
        draws.centre = centre
        await draws.open(1)
        listener = await platform.follow(documents.NOTIFICATIONS, after=heard[-1]["cursor"])
        await hear(listener, heard, 1)
        await listener.close()
    assert [event["draw"]["code"] for event in heard] == draws.codes[1:]
    assert len({event["id"] for event in heard}) == len(heard)
    assert coffer.stop() == 0
