"""The page that Prometheus reads."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import uvicorn
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.metrics.catalogue import BY_PROCESS
from app.metrics.sheet import Sheet, encoded
from services.figures import BOUNDS_S, Durations, Figure, Reading

PROCESS = "process"
_LABELLED = frozenset(BY_PROCESS)

Sheets = Callable[[], Awaitable[Sequence[Sheet]]]
"""Brings the sheets of every process."""


class _Page(Collector):
    """Sheets as families of samples: the same figure of all processes stands together."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = sheets

    def collect(self) -> Iterator[Metric]:
        families: dict[Figure, Metric] = {}
        for sheet in self._sheets:
            for figure, labels, value in sheet.readings:
                family = families.get(figure) or families.setdefault(figure, _family(figure))
                names, values = figure.labels, labels
                if figure in _LABELLED:
                    names, values = (*names, PROCESS), (*values, sheet.process)
                _add(family, figure, dict(zip(names, values, strict=True)), value)
        yield from families.values()


def _family(figure: Figure) -> Metric:
    name = figure.name.removesuffix("_total")
    return Metric(name, figure.says, figure.kind)


def _add(family: Metric, figure: Figure, labels: dict[str, str], value: float | Durations) -> None:
    if not isinstance(value, Durations):
        family.add_sample(figure.name, labels, value)
        return
    seen = 0
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), value.counts, strict=True):
        seen += count
        family.add_sample(f"{figure.name}_bucket", {**labels, "le": bound}, seen)
    family.add_sample(f"{figure.name}_count", labels, seen)
    family.add_sample(f"{figure.name}_sum", labels, value.sum_s)


def render(sheets: Sequence[Sheet], accept: str = "") -> tuple[bytes, str]:
    """Return the page and its media type, in the format that is accepted."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(sheets))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


async def write_into(into: socket.socket, readings: Awaitable[Sequence[Reading]]) -> None:
    """Write readings into a socket for the process at its other end, and close it."""
    with into, contextlib.suppress(OSError):
        into.settimeout(0)
        await asyncio.get_running_loop().sock_sendall(into, encoded(await readings))


class _MetricsServer(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals to whoever it runs beside."""
        return contextlib.nullcontext()


@contextlib.asynccontextmanager
async def serve_metrics(listener: socket.socket | None, sheets: Sheets) -> AsyncIterator[None]:
    """Serve ``/metrics`` for the time of the block; nothing without a listener."""
    if listener is None:
        yield
        return

    async def metrics(request: Request) -> Response:
        content, media_type = render(await sheets(), request.headers.get("accept", ""))
        return Response(content, headers={"content-type": media_type})

    page = Starlette(routes=[Route("/metrics", metrics)])
    config = uvicorn.Config(
        page, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = _MetricsServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
