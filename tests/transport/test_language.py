"""The language of messages follows Accept-Language."""

import pytest

from app.transport.language import pick_language
from tests.transport.server import Served

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-Hant", "zh"),
        ("en;q=0.5, zh;q=0.4", "en"),
        ("en;q=0.4, zh;q=0.5", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=x", "en"),
        ("fr, zh;q=0.2", "zh"),
        ("fr, *;q=0.3, zh;q=0.2", "en"),
        ("fr", "en"),
        (",;q=1,", "en"),
    ],
)
async def test_language(header: str | None, language: str) -> None:
    assert pick_language(header) == language


async def test_language_reaches_resolvers_over_http_and_sockets(served: Served) -> None:
    headers = {"accept-language": "zh-TW"}
    answer = await served.http.get("/graphql", params={"query": "{ language }"}, headers=headers)
    assert answer.json()["data"] == {"language": "zh"}
    async with served.socket(headers={"Accept-Language": "zh"}) as socket:
        await socket.start()
        await socket.subscribe("1", "{ language }")
        assert (await socket.receive())["payload"]["data"] == {"language": "zh"}
