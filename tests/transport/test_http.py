"""GraphQL over HTTP as the draft has it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.transport import Limits
from tests.transport.server import GRAPHQL_JSON, SECRET, Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

JSON = "application/json"
HELLO = {"query": "{ hello }"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (JSON, JSON),
        ("*/*", JSON),
        ("", JSON),
        ("application/*", JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}", GRAPHQL_JSON),
        (f"text/html, {JSON};q=0.1", JSON),
    ],
)
async def test_negotiates_the_format(served: Served, accept: str, media_type: str) -> None:
    answer = await served.http.post("/graphql", json=HELLO, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.json() == {"data": {"hello": "world"}, "extensions": {"cost": 1}}


async def test_refuses_formats_it_does_not_speak(served: Served) -> None:
    answer = await served.http.post("/graphql", json=HELLO, headers={"accept": "text/html"})
    assert answer.status_code == 406


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("image/png, text/html;q=0.1", True),
        (JSON, False),
        ("*/*", False),
        ("", False),
        (f"{GRAPHQL_JSON}, text/html;q=0.9", False),
        (f"text/html;q=0.5, {JSON}", False),
    ],
)
async def test_a_get_for_html_gets_the_page(accept: str, *, is_page: bool) -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse(f"the page for {request.method}")

    async with serve(page=page) as served:
        asked = await served.http.get("/graphql", params=HELLO, headers={"accept": accept})
        posted = await served.http.post("/graphql", json=HELLO, headers={"accept": accept})
    assert (asked.text == "the page for GET") == is_page
    assert is_page or asked.json()["data"] == {"hello": "world"}
    assert "the page" not in posted.text


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($t: String!) { echo(text: $t) }"}, "BAD_USER_INPUT"),
        ({"query": "query A { hello } query B { hello }"}, "BAD_USER_INPUT"),
        ({"query": "{ hello }", "operationName": "Other"}, "BAD_USER_INPUT"),
        ({"query": "subscription { count }"}, "BAD_USER_INPUT"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_request_errors_have_no_data(
    served: Served, request_: dict[str, object], code: str
) -> None:
    for accept, status in ((GRAPHQL_JSON, 400), (JSON, 200)):
        answer = await served.http.post("/graphql", json=request_, headers={"accept": accept})
        assert answer.status_code == status
        assert list(answer.json()) == ["errors"]
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b"{}",
        b'[{"query": "{ hello }"}]',
        b'{"query": 1}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "extensions": 1}',
        b'{"query": "\xff"}',
        b"[" * 100_000,
    ],
)
async def test_malformed_requests_answer_400(served: Served, accept: str, body: bytes) -> None:
    headers = {"accept": accept, "content-type": JSON}
    answer = await served.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain; application/json", 415),
        ("", 415),
    ],
)
async def test_post_takes_json_alone(served: Served, content_type: str, status: int) -> None:
    headers = {"content-type": content_type}
    body = orjson.dumps(HELLO)
    answer = await served.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == status


async def test_compressed_bodies_are_refused(served: Served) -> None:
    headers = {"content-encoding": "gzip"}
    answer = await served.http.post("/graphql", json=HELLO, headers=headers)
    assert answer.status_code == 415


async def test_get_runs_queries_with_variables(served: Served) -> None:
    params = {
        "query": "query A { hello } query B($t: String!) { echo(text: $t) }",
        "variables": '{"t": "x"}',
        "operationName": "B",
        "extensions": "",
    }
    answer = await served.http.get("/graphql", params=params)
    assert answer.json()["data"] == {"echo": "x"}


async def test_get_refuses_mutations_and_runs_none(served: Served) -> None:
    answer = await served.http.get("/graphql", params={"query": "mutation { act }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert served.world.executed == 0
    assert (await served.post("mutation { act }")).json()["data"] == {"act": 1}


@pytest.mark.parametrize("params", [{}, {"query": "{ hello }", "variables": "{"}])
async def test_malformed_get_answers_400(served: Served, params: dict[str, str]) -> None:
    assert (await served.http.get("/graphql", params=params)).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        # What a page of another site may send unasked.
        ({"accept": GRAPHQL_JSON, "accept-language": "zh", "cookie": "a=b"}, 400),
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "application/x-www-form-urlencoded"}, 400),
        ({"content-type": "Application/JSON; charset=utf-8"}, 200),
        ({"authorization": "Bearer good"}, 200),
        ({"x-api-key": "any"}, 200),
        ({"x-requested-with": "any"}, 200),
        ({"graphql-require-preflight": "1"}, 200),
        ({"apollo-require-preflight": "1"}, 200),
    ],
)
async def test_get_needs_what_no_page_of_another_site_sends_unasked(
    served: Served, headers: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient(base_url=served.http.base_url, trust_env=False) as plain:
        answer = await plain.get("/graphql", params=HELLO, headers=headers)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errors"][0]["extensions"] == {"code": "PREFLIGHT_REQUIRED"}


async def test_other_methods_are_refused(served: Served) -> None:
    answer = await served.http.put("/graphql", json=HELLO)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("chunked", [False, True])
async def test_body_limit(*, chunked: bool) -> None:
    body = orjson.dumps(HELLO)

    async def in_chunks(content: bytes) -> AsyncIterator[bytes]:
        for i in range(0, len(content), 4):
            yield content[i : i + 4]

    async with serve(Limits(body_bytes=len(body))) as served:

        async def post(content: bytes) -> httpx.Response:
            sent = in_chunks(content) if chunked else content
            return await served.http.post("/graphql", content=sent, headers={"content-type": JSON})

        assert (await post(body)).status_code == 200
        refused = await post(body + b" ")
        assert refused.status_code == 413
        assert refused.json()["errors"][0]["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": "bodyBytes",
            "value": len(body) + 1,
            "maximum": len(body),
        }


async def test_an_endless_body_is_cut_off_unread() -> None:
    async with serve(Limits(body_bytes=1_000)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 1000000000\r\n\r\n{"
        )
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        await writer.wait_closed()


async def test_credentials(served: Served) -> None:
    for given, status, data in (
        (None, 200, {"whoami": "anonymous"}),
        ("Bearer good", 200, {"whoami": "good"}),
    ):
        headers = {"authorization": given} if given else {}
        answer = await served.http.post("/graphql", json={"query": "{ whoami }"}, headers=headers)
        assert (answer.status_code, answer.json()["data"]) == (status, data)
    for accept in (JSON, GRAPHQL_JSON):
        headers = {"authorization": "Bearer bad", "accept": accept}
        answer = await served.http.post("/graphql", json=HELLO, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json() == {
            "errors": [{"message": "Unauthenticated", "extensions": {"code": "UNAUTHENTICATED"}}]
        }


async def test_a_refusal_of_the_context_is_a_request_error(served: Served) -> None:
    headers = {"x-refuse": "1", "accept": GRAPHQL_JSON}
    answer = await served.http.post("/graphql", json=HELLO, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}


@pytest.mark.parametrize(
    ("query", "headers"),
    [("{ hello }", {"authorization": "Bearer crash"}), ("{ huge }", {})],
)
async def test_faults_outside_resolvers_are_masked(
    served: Served, query: str, headers: dict[str, str]
) -> None:
    answer = await served.http.post("/graphql", json={"query": query}, headers=headers)
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_FAULT"
    assert SECRET not in answer.text
