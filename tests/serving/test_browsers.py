"""What a server tells browsers, and what it lets pages of other sites do."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.stories.coffer import Coffer

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRIEND = "https://app.example"
HELLO = {"query": "{ viewer { __typename } }"}
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, content-type, x-api-key",
}


@pytest.fixture(scope="module")
def coffer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coffer]:
    """A server for the world, which calls it by https, and for one friend's pages."""
    data = tmp_path_factory.mktemp("browsers")
    running = Coffer(
        {
            "COFFER_DATABASE_URL": f"sqlite://{data / 'coffer.db'}",
            "COFFER_HTTPS": "1",
            "COFFER_ALLOWED_ORIGINS": FRIEND,
            "COFFER_INTROSPECTION": "operator, supervisor",
        }
    )
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(coffer: Coffer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{coffer.port}", trust_env=False
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/graphql", 200),
        ("GET", "/graphql", 400),
        ("PUT", "/graphql", 405),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/nothing", 404),
        ("POST", "/bank/callbacks", 401),
        ("GET", "/graphql/assets/nothing.js", 404),
    ],
)
async def test_every_answer_is_safe_in_a_browser(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path, json=HELLO if status == 200 else None)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    if method == "GET":
        assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


async def test_the_page_has_its_own_policy_beside_that(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql", headers={"accept": "text/html"})
    policies = answer.headers.get_list("content-security-policy")
    assert "frame-ancestors 'none'" in policies
    assert any(policy.startswith("default-src 'none'") for policy in policies)
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


async def test_pages_of_a_known_site_may_call(http: httpx.AsyncClient) -> None:
    asked = await http.options("/graphql", headers={"origin": FRIEND, **PREFLIGHT})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == FRIEND
    allowed = asked.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "x-api-key"} <= {*allowed.split(", ")}
    answer = await http.post("/graphql", json=HELLO, headers={"origin": FRIEND})
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "retry-after" in answer.headers["access-control-expose-headers"]
    assert "origin" in answer.headers["vary"].lower()
    # There is nothing that a browser would attach by itself.
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{FRIEND}.evil.example"])
async def test_pages_of_other_sites_may_not(http: httpx.AsyncClient, origin: str) -> None:
    asked = await http.options("/graphql", headers={"origin": origin, **PREFLIGHT})
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    answer = await http.post("/graphql", json=HELLO, headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_sockets_follow_the_same_list(coffer: Coffer) -> None:
    own = f"http://127.0.0.1:{coffer.port}"
    protocol = [Subprotocol("graphql-transport-ws")]
    for origin, is_welcome in ((FRIEND, True), (own, True), ("https://evil.example", False)):
        opening = connect(
            coffer.socket_url,
            subprotocols=protocol,
            additional_headers={"origin": origin},
            proxy=None,
        )
        if is_welcome:
            async with opening:
                pass
        else:
            with pytest.raises(InvalidStatus, match="403"):
                async with opening:
                    pass


async def test_the_schema_is_shown_to_whom_the_operator_says(http: httpx.AsyncClient) -> None:
    body = {"query": "{ __schema { queryType { name } } }"}
    answer = await http.post("/graphql", json=body)
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
