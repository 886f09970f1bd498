"""Sockets are opened by our own pages, by sites that we know, and by whatever is no browser."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.transport.server import Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

FRIEND = "https://app.example"


@pytest.mark.parametrize(
    "origin", [None, "http://127.0.0.1:{port}", "https://127.0.0.1:{port}", FRIEND]
)
async def test_who_may_open_a_socket(origin: str | None) -> None:
    async with serve(origins=[FRIEND]) as served:
        headers = {"origin": origin.format(port=served.port)} if origin else {}
        async with served.socket(headers=headers) as socket:
            await socket.start()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}.evil.example",
        f"{FRIEND}.evil.example",
        "http://app.example",
        "null",
        "",
    ],
)
async def test_who_may_not(served: Served, origin: str) -> None:
    headers = {"origin": origin.format(port=served.port)}
    with pytest.raises(InvalidStatus) as refused:
        async with served.socket(headers=headers):
            raise AssertionError
    assert refused.value.response.status_code == 403


async def test_no_other_site_is_known_unless_it_is_named(served: Served) -> None:
    with pytest.raises(InvalidStatus):
        async with served.socket(headers={"origin": FRIEND}):
            raise AssertionError
