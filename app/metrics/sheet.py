"""One process's readings, as they go to the process that is asked for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from app.metrics.catalogue import FIGURES
from services.figures import Durations, Reading

_BY_NAME = {figure.name: figure for figure in FIGURES}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one process has read of itself. ``process`` tells it from the others."""

    process: str
    readings: tuple[Reading, ...]


def encoded(readings: Iterable[Reading]) -> bytes:
    """Return readings as bytes."""
    return orjson.dumps([(reading.figure.name, *reading[1:]) for reading in readings])


def decoded(text: bytes) -> tuple[Reading, ...]:
    """Return the readings that were encoded, as far as this version knows the figures.

    Raises:
        ValueError: It is cut short.
    """
    return tuple(
        Reading(
            _BY_NAME[name],
            tuple(labels),
            Durations(**value) if isinstance(value, dict) else value,
        )
        for name, labels, value in orjson.loads(text)
        if name in _BY_NAME
    )
