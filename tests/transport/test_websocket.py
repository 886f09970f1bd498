"""The graphql-transport-ws protocol, word by word."""

import asyncio

import pytest

from app.transport import Limits
from tests.transport.server import Served, serve, until

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_queries_and_streams_share_a_socket(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("s", "subscription { forever }")
        assert await socket.receive() == {
            "id": "s",
            "type": "next",
            "payload": {"data": {"forever": 0}, "extensions": {"cost": 1}},
        }
        await socket.subscribe("q", "query($t: String!) { echo(text: $t) }", variables={"t": "x"})
        assert (await socket.receive())["payload"]["data"] == {"echo": "x"}
        assert await socket.receive() == {"id": "q", "type": "complete"}
        await socket.subscribe("c", "subscription { count(to: 2) }")
        received = [await socket.receive() for _ in range(3)]
        assert [message["type"] for message in received] == ["next", "next", "complete"]
        await socket.send(type="complete", id="s")
        await until(lambda: served.world.finished_streams == 2)
        await socket.subscribe("s", "{ hello }")
        assert (await socket.receive())["payload"]["data"] == {"hello": "world"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($t: String!) { echo(text: $t) }"}, "BAD_USER_INPUT"),
        ({"query": "query A { hello } query B { hello }"}, "BAD_USER_INPUT"),
        ({"query": 7}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
        ({"query": "mutation { act }"}, "BAD_USER_INPUT"),
        ({"query": "{ huge }"}, "INTERNAL_FAULT"),
    ],
)
async def test_a_bad_document_ends_its_own_operation(
    served: Served, payload: dict[str, object], code: str
) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("alive", "subscription { forever }")
        await socket.receive()
        await socket.send(type="subscribe", id="bad", payload=payload)
        answer = await socket.receive()
        assert (answer["id"], answer["type"]) == ("bad", "error")
        assert answer["payload"][0]["extensions"]["code"] == code
        await socket.subscribe("bad", "{ hello }")
        assert (await socket.receive())["type"] == "next"
        assert served.world.finished_streams == 0
    assert served.world.executed == 0


async def test_every_operation_and_event_has_its_own_context(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("1", "{ contextNumber }")
        first = (await socket.receive())["payload"]["data"]
        await socket.receive()
        await socket.subscribe("2", "subscription { events { openedBy number } }")
        events = [(await socket.receive())["payload"]["data"]["events"] for _ in range(2)]
        assert first == {"contextNumber": 0}
        assert events == [{"openedBy": 1, "number": 2}, {"openedBy": 1, "number": 3}]


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("other", "graphql-ws")])
async def test_other_protocols_are_refused(served: Served, protocols: tuple[str, ...]) -> None:
    async with served.socket(*protocols) as socket:
        assert await socket.closed() == (4406, "Speak graphql-transport-ws")


async def test_the_protocol_is_picked_among_several(served: Served) -> None:
    async with served.socket("graphql-ws", "graphql-transport-ws") as socket:
        assert socket.raw.subprotocol == "graphql-transport-ws"
        await socket.start()


async def test_silence_is_not_waited_for() -> None:
    async with serve(Limits(connection_init_seconds=0.05)) as served, served.socket() as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_pings_do_not_put_off_the_initialisation() -> None:
    async with serve(Limits(connection_init_seconds=0.2)) as served, served.socket() as socket:
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
        assert (await socket.closed())[0] == 4408


@pytest.mark.parametrize(
    ("headers", "payload", "actor"),
    [
        ({}, {}, "anonymous"),
        ({}, {"authorization": "Bearer good-init"}, "good-init"),
        ({"Authorization": "Bearer good-upgrade"}, {}, "good-upgrade"),
        ({"Cookie": "Bearer good-cookie"}, {}, "anonymous"),
    ],
)
async def test_credentials(
    served: Served, headers: dict[str, str], payload: dict[str, str], actor: str
) -> None:
    async with served.socket(headers=headers) as socket:
        await socket.start(**payload)
        await socket.subscribe("1", "{ whoami }")
        assert (await socket.receive())["payload"]["data"] == {"whoami": actor}


@pytest.mark.parametrize(
    ("given", "ending"),
    [("bad", (4403, "Forbidden")), ("crash", (1011, "Internal fault"))],
)
async def test_bad_credentials_close_the_socket(
    served: Served, given: str, ending: tuple[int, str]
) -> None:
    async with served.socket() as socket:
        await socket.send(type="connection_init", payload={"authorization": f"Bearer {given}"})
        assert await socket.closed() == ending


@pytest.mark.parametrize(
    ("message", "ending"),
    [
        ('{"type":"subscribe","id":"1","payload":{"query":"{hello}"}}', (4401, "Unauthorized")),
        ("{", (4400, "Messages must be JSON")),
        (b"{}", (4400, "Messages must be text")),
        ("[]", (4400, "Messages must be objects with a type")),
        (
            '{"type":"connection_init","payload":7}',
            (4400, "The payload of connection_init must be an object"),
        ),
    ],
)
async def test_breaking_the_protocol_before_the_start(
    served: Served, message: str | bytes, ending: tuple[int, str]
) -> None:
    async with served.socket() as socket:
        await socket.raw.send(message)
        assert await socket.closed() == ending


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "connection_init"}, 4429),
        ({"type": "start"}, 4400),
        ({"type": "subscribe", "payload": {"query": "{ hello }"}}, 4400),
        ({"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}, 4400),
        ({"type": "subscribe", "id": "2"}, 4400),
        ({"type": "subscribe", "id": "é" * 100, "payload": {"query": "{ hello }"}}, 4409),
    ],
)
async def test_breaking_the_protocol_later(
    served: Served, message: dict[str, object], code: int
) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("é" * 100, "subscription { forever }")
        await socket.receive()
        await socket.send(**message)
        assert (await socket.closed())[0] == code
    await until(lambda: served.world.finished_streams == 1)


async def test_unknown_completes_and_pongs_are_ignored(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.send(type="complete", id="nobody")
        await socket.send(type="pong")
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_operations_per_socket_are_bounded() -> None:
    async with serve(Limits(socket_operations=2)) as served, served.socket() as socket:
        await socket.start()
        for name in ("1", "2"):
            await socket.subscribe(name, "subscription { forever }")
            assert (await socket.receive())["type"] == "next"
        await socket.subscribe("3", "{ hello }")
        answer = await socket.receive()
        assert (answer["id"], answer["type"]) == ("3", "error")
        assert answer["payload"][0]["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": "operations",
            "value": 3,
            "maximum": 2,
        }
        await socket.send(type="complete", id="1")
        await socket.subscribe("3", "{ hello }")
        assert (await socket.receive())["type"] == "next"


async def test_messages_are_bounded() -> None:
    async with serve(Limits(body_bytes=200)) as served, served.socket() as socket:
        await socket.start(padding="x" * 100)
        await socket.send(type="ping", payload="x" * 200)
        assert await socket.closed() == (1009, "The message is too big")


async def test_an_actor_that_lost_its_right_loses_its_socket() -> None:
    async with serve(Limits(recheck_seconds=0.02)) as served, served.socket() as socket:
        await socket.start()
        await socket.subscribe("1", "subscription { forever }")
        await socket.receive()
        served.world.valid = False
        assert await socket.closed() == (4403, "Forbidden")
        await until(lambda: served.world.finished_streams == 1)


async def test_each_operation_is_the_actors_as_they_are_now(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        served.world.renewed["anonymous"] = "somebody less"
        await socket.subscribe("1", "{ whoami }")
        answer = await socket.receive()
        assert answer["payload"]["data"] == {"whoami": "somebody less"}


async def test_an_actor_that_is_gone_asks_nothing_more(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        served.world.renewed["anonymous"] = None
        await socket.subscribe("1", "{ whoami }")
        assert await socket.closed() == (4403, "Forbidden")


async def test_a_client_that_goes_ends_its_operations(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("1", "subscription { forever }")
        await socket.receive()
    await until(lambda: served.world.finished_streams == 1)
    await until(lambda: len(served.sockets) == 0)


async def test_a_slow_reader_holds_the_stream_and_is_dropped_in_the_end() -> None:
    async with serve(Limits(send_seconds=0.3)) as served:
        # A small queue makes the client stop reading, as a stalled front end would.
        async with served.socket(max_queue=1, compression=None) as socket:
            await socket.start()
            await socket.subscribe("1", "subscription { flood }")
            await until(lambda: served.world.finished_streams == 1)
            # What was made fits into the buffers of the two systems between.
            assert served.world.executed < 1_000
            socket.raw.transport.abort()
        await until(lambda: len(served.sockets) == 0)


async def test_close_all_says_goodbye_to_every_socket() -> None:
    # A server of its own, as below: whoever comes after `close_all` is sent away.
    async with serve() as served:
        async with served.socket() as silent, served.socket() as busy:
            await busy.start()
            await busy.subscribe("1", "subscription { forever }")
            await busy.receive()
            assert len(served.sockets) == 2
            await served.sockets.close_all()
            assert served.world.finished_streams == 1
            endings = await asyncio.gather(silent.closed(), busy.closed())
            assert set(endings) == {(1001, "going away")}
        await served.sockets.close_all()
        async with served.socket() as late:
            assert await late.closed() == (1001, "going away")


async def test_close_all_does_not_wait_for_a_stuck_reader() -> None:
    async with serve() as served, served.socket(max_queue=1, compression=None) as socket:
        await socket.start()
        await socket.subscribe("1", "subscription { flood }")
        seen = -1
        while seen != served.world.executed:
            seen = served.world.executed
            await asyncio.sleep(0.05)
        await asyncio.wait_for(served.sockets.close_all(), 5)
        assert served.world.finished_streams == 1
        socket.raw.transport.abort()
