"""Who asks for too much is told when to come back, before anything is read."""

import pytest

from app.transport import Limits
from tests.transport.server import GRAPHQL_JSON, Purse, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

JSON = "application/json"
ROWS = "{ edges { node { name } } }"


async def test_an_operation_takes_a_unit_and_what_is_refused_runs_nothing() -> None:
    purse = Purse(2)
    async with serve(purse=purse) as served:
        for _ in range(2):
            assert (await served.post("mutation { act }")).status_code == 200
        for accept in (JSON, GRAPHQL_JSON):
            headers = {"accept": accept}
            # What cannot even be read is refused in the same way: it was not read.
            for query in ("mutation { act }", "{"):
                body = {"query": query}
                answer = await served.http.post("/graphql", json=body, headers=headers)
                assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
                assert answer.json() == {
                    "errors": [
                        {
                            "message": "Too many requests: come back in 3 s",
                            "extensions": {"code": "RATE_LIMITED", "retryAfterS": 3},
                        }
                    ]
                }
        assert served.world.executed == 2


@pytest.mark.parametrize(
    ("query", "units"),
    [
        ("{ hello }", 1),
        (f"{{ items(first: 32) {ROWS} }}", 1),
        (f"{{ items(first: 33) {ROWS} }}", 2),
        (f"{{ items(first: 99) {ROWS} }}", 3),
        # Of a text that was not read before each 500 characters take one.
        ("{ hello } #" + "x" * 488, 1),
        ("{ hello } #" + "x" * 489, 2),
        ("{ nonsense } #" + "x" * 1_000, 3),
        ("{ __typename " * 200, 6),
    ],
)
async def test_what_is_dear_takes_more(query: str, units: int) -> None:
    purse = Purse(100)
    async with serve(purse=purse) as served:
        answer = await served.post(query)
        assert purse.left == 100 - units
        if "errors" not in answer.json():
            again = 1 + answer.json()["extensions"]["cost"] // 100
            await served.post(query)
            assert purse.left == 100 - units - again


async def test_a_trusted_document_takes_no_reading() -> None:
    text = "{ hello } #" + "x" * 1_000
    purse = Purse(100)
    async with serve(purse=purse, trusted=[text]) as served:
        await served.post(text)
    assert purse.left == 99


async def test_bad_credentials_are_counted_as_nobodys() -> None:
    purse = Purse(1)
    headers = {"authorization": "Bearer bad"}
    async with serve(purse=purse) as served:
        statuses = [
            (await served.http.post("/graphql", json={"query": "{ hello }"}, headers=headers))
            for _ in range(2)
        ]
    assert [answer.status_code for answer in statuses] == [401, 429]
    assert purse.asked == [None, None]


async def test_each_operation_on_a_socket_takes_its_units() -> None:
    # One for the socket itself.
    purse = Purse(3)
    async with serve(purse=purse) as served, served.socket() as socket:
        await socket.start()
        await socket.subscribe("s", "subscription { forever }")
        assert (await socket.receive())["type"] == "next"
        await socket.subscribe("1", "{ hello }")
        assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
        await socket.subscribe("2", "{ hello }")
        refused = await socket.receive()
        assert (refused["id"], refused["type"]) == ("2", "error")
        assert refused["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "retryAfterS": 3}
        # What runs goes on.
        assert served.world.finished_streams == 0
        purse.left = 1
        await socket.subscribe("2", "{ hello }")
        assert (await socket.receive())["type"] == "next"


@pytest.mark.parametrize("authorization", [None, "Bearer good", "Bearer bad"])
async def test_a_socket_too_many_is_closed(authorization: str | None) -> None:
    parameters = {"authorization": authorization} if authorization else {}
    async with serve(purse=Purse(0)) as served, served.socket() as socket:
        await socket.send(type="connection_init", payload=parameters)
        assert await socket.closed() == (1013, "Too many requests: come back in 3 s")


async def test_units_follow_the_limits() -> None:
    purse = Purse(100)
    async with serve(Limits(cost_per_unit=1, characters_per_unit=3), purse=purse) as served:
        await served.post("{ hello }")
    assert purse.left == 100 - 1 - 3 - 1
