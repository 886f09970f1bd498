"""GraphQL over one HTTP connection, which tells apart an answer and none.

A client library would hide what matters here: whether a request had left when the server died.
"""

import asyncio
import base64
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson

ANSWER_S = 20.0
"""After how long without an answer a connection counts as dead."""

TRIES = 5
"""How often one asks a server that is well."""

AGAIN = frozenset({"UNAVAILABLE"})
"""Codes that say nothing of what became of the command: it is asked for again."""

OUR_FAULT = frozenset({"INTERNAL_FAULT"})
"""The same, where something is wrong that nobody has foreseen."""

Data = dict[str, Any]


class Unanswered(Exception):
    """No answer. ``why`` is ``refused`` when nothing had been sent, ``lost`` when it had."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Malformed(Exception):
    """The server took the request for a wrong one: a fault of the test, or worse."""


class Wire:
    """One connection, opened when needed and again after it was lost; one request at a time.

    Args:
        port: Of loopback.
        headers: Who asks: ``authorization`` or ``x-api-key``.
        again: Codes for which it is asked again.
    """

    def __init__(
        self, port: int, headers: Mapping[str, str], again: frozenset[str] = AGAIN
    ) -> None:
        self._port = port
        self._again = again
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def client_port(self) -> int:
        """Our end of the connection, which is open."""
        assert self._streams is not None
        port: int = self._streams[1].get_extra_info("sockname")[1]
        return port

    async def ask(self, document: str, variables: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Return what the only root field of the document answers.

        Raises:
            Unanswered: Ask again.
            Malformed: It would be no use.
        """
        body = orjson.dumps({"query": document, "variables": variables})
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # hung up while nothing was under way: nothing is lost
        sent = False
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = self._streams or await self._open()
                sent = True
                writer.write(
                    b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                    b"content-type: application/json\r\n"
                    + f"{self._head}content-length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                status, answer = await _response(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            late = isinstance(error, TimeoutError)
            raise Unanswered("late" if late else "lost" if sent else "refused") from error
        except BaseException:
            self.close()
            raise
        return _read(status, answer, self._again)

    async def ask_until_answered(self, document: str, variables: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Ask again and again, a few times; for when nobody is killed any more.

        Raises:
            Unanswered: It was of no use.
        """
        for _ in range(TRIES - 1):
            with contextlib.suppress(Unanswered):
                return await self.ask(document, variables)
        return await self.ask(document, variables)

    def close(self) -> None:
        """Hang up, whatever is under way."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        return self._streams


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    lengths = [int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")]
    return int(lines[0].split()[1]), await reader.readexactly(lengths[0])


def _read(status: int, answer: bytes, again: frozenset[str]) -> Any:  # noqa: ANN401 - JSON
    content: Data = {}
    with contextlib.suppress(orjson.JSONDecodeError):
        content = orjson.loads(answer)
    errors = content.get("errors")
    if errors:
        codes = {str(error.get("extensions", {}).get("code")) for error in errors}
        if codes <= again:
            raise Unanswered(min(codes))
        raise Malformed(f"{status}: {answer.decode()}")
    if status != 200:
        raise Unanswered(f"HTTP {status}")
    (field,) = content["data"].values()
    return field


def row_id(global_id: str) -> str:
    """Return the row's id within a global id."""
    return base64.b64decode(global_id).decode().partition(":")[2]


def global_id(kind: str, row: str) -> str:
    """Return the global id of a row."""
    return base64.b64encode(f"{kind}:{row}".encode()).decode()


def position_of(cursor: str) -> int:
    """Return the position in the feed within a cursor."""
    return int(row_id(cursor))


def minor(money: Mapping[str, str]) -> int:
    """Return an amount of two decimals in minor units."""
    whole, _, fraction = money["amount"].partition(".")
    assert len(fraction) == 2, money
    return int(whole + fraction)


def amount(minor_units: int) -> dict[str, str]:
    """Return an amount in yuan as the schema takes it."""
    return {"amount": f"{minor_units // 100}.{minor_units % 100:02}", "currency": "CNY"}
