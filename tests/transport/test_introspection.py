"""The schema is shown to whom it may be shown."""

import pytest

from tests.transport.server import Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

SCHEMA = "{ __schema { queryType { name } } }"
ASKING = [
    SCHEMA,
    '{ __type(name: "Query") { name } }',
    "{ hello ...F } fragment F on Query { more: __schema { queryType { name } } }",
    "{ ... { ... on Query { __schema { queryType { name } } } } }",
]


@pytest.mark.parametrize("query", ASKING)
async def test_whoever_may_not_is_refused(query: str) -> None:
    async with serve(introspection=lambda actor: actor == "good") as served:
        refused = await served.post(query)
        assert refused.status_code == 400
        assert refused.json()["errors"] == [
            {
                "message": "The schema is not shown to you",
                "extensions": {"code": "INTROSPECTION_DISABLED"},
            }
        ]
        # The document is known by now, and others may still ask with it.
        headers = {"authorization": "Bearer good"}
        answer = await served.http.post("/graphql", json={"query": query}, headers=headers)
        assert "errors" not in answer.json()
        async with served.socket() as socket:
            await socket.start()
            await socket.subscribe("1", query)
            told = (await socket.receive())["payload"][0]
            assert told["extensions"]["code"] == "INTROSPECTION_DISABLED"


async def test_a_name_of_a_type_is_no_schema() -> None:
    async with serve(introspection=lambda _: False) as served:
        answer = await served.post("{ __typename item { __typename } }")
        assert answer.json()["data"]["__typename"] == "Query"


async def test_a_trusted_document_may_ask() -> None:
    async with serve(introspection=lambda _: False, trusted=[SCHEMA]) as served:
        assert "errors" not in (await served.post(SCHEMA)).json()


async def test_it_is_shown_unless_that_is_said(served: Served) -> None:
    assert "errors" not in (await served.post(SCHEMA)).json()
