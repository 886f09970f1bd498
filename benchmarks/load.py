"""A small HTTP load generator on loopback: keep-alive connections, one request at a time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson


@dataclass(slots=True)
class Load:
    """What the connections saw."""

    answered: int = 0
    took_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


async def run_load(
    port: int,
    headers: dict[str, str],
    body_of: Callable[[int, int], dict[str, object]],
    accepted: Callable[[dict[str, object]], int],
    connections: int,
    seconds: float,
) -> Load:
    """Send requests for some seconds; ``accepted`` counts what an answer acknowledges."""
    load = Load()
    begun = time.perf_counter()

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        fixed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        order = 0
        try:
            while (sent := time.perf_counter()) - begun < seconds:
                body = orjson.dumps(body_of(number, order))
                head = (
                    "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                    f"content-type: application/json\r\n{fixed}content-length: {len(body)}\r\n\r\n"
                )
                writer.write(head.encode() + body)
                answer = await _response(reader)
                load.latencies_s.append(time.perf_counter() - sent)
                count = accepted(orjson.loads(answer))
                if not count:
                    load.failures.append(answer.decode()[:500])
                    return
                load.answered += count
                order += 1
        finally:
            writer.close()

    await asyncio.gather(*(connection(number) for number in range(connections)))
    load.took_s = time.perf_counter() - begun
    return load


async def _response(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    return await reader.readexactly(length)
