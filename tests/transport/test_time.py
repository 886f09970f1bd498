"""Nothing takes for ever: what takes too long is given up, and said to be."""

import pytest

from app.transport import Limits
from tests.transport.server import GRAPHQL_JSON, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

SOON = Limits(operation_seconds=0.05)


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, "application/json"])
async def test_an_operation_that_takes_too_long_is_given_up(accept: str) -> None:
    async with serve(SOON) as served:
        body = {"query": "{ hello slow }"}
        answer = await served.http.post("/graphql", json=body, headers={"accept": accept})
        assert served.world.given_up == 1
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {
        "errors": [
            {
                "message": "The operation took too long, and was given up",
                "extensions": {"code": "OPERATION_TIMEOUT"},
            }
        ]
    }


async def test_a_mutation_that_takes_too_long_may_have_been_done() -> None:
    async with serve(SOON) as served:
        answer = await served.post("mutation { actSlowly act }")
        # What it did is not undone, and what should have come after it was not begun.
        assert served.world.executed == 1
    (error,) = answer.json()["errors"]
    assert answer.status_code == 503
    assert error["extensions"] == {"code": "OPERATION_TIMEOUT"}
    assert error["message"].endswith("ask again, with the same idempotency key")


async def test_on_a_socket_it_ends_its_own_operation() -> None:
    async with serve(SOON) as served, served.socket() as socket:
        await socket.start()
        await socket.subscribe("alive", "subscription { forever }")
        assert (await socket.receive())["type"] == "next"
        for query in ("{ slow }", "subscription { neverOpens }"):
            await socket.subscribe("late", query)
            late = await socket.receive()
            assert (late["id"], late["type"]) == ("late", "error")
            assert late["payload"][0]["extensions"] == {"code": "OPERATION_TIMEOUT"}
        assert served.world.given_up == 2
        assert served.world.finished_streams == 0
