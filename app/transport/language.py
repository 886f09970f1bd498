"""What the caller prefers, as its headers say it: the language of messages, and formats."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Language = Literal["en", "zh"]


HEADERS_KEPT = 500
KEPT_LENGTH = 200
"""How long a header may be to be remembered: it may hold anything."""


def by_preference(header: str) -> Sequence[str]:
    """The values of an ``Accept``-like header, lower case, most wanted first.

    Values with equal weight keep their order. A value with weight 0 is refused by the caller
    and left out, as is one whose weight cannot be read.
    """
    return _read(header) if len(header) <= KEPT_LENGTH else _read.__wrapped__(header)


@lru_cache(HEADERS_KEPT)
def _read(header: str) -> tuple[str, ...]:
    weighted: list[tuple[float, str]] = []
    for part in header.lower().split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, text = parameter.partition("=")
            if name.strip() == "q":
                try:
                    weight = float(text)
                except ValueError:
                    weight = 0.0
        if value and 0 < weight <= 1:
            weighted.append((weight, value))
    weighted.sort(key=lambda pair: -pair[0])
    return tuple(value for _, value in weighted)


def pick_language(accept_language: str | None) -> Language:
    """The language of messages for an ``Accept-Language`` header; English when in doubt."""
    for wanted in by_preference(accept_language or ""):
        primary = wanted.partition("-")[0]
        if primary == "zh":
            return "zh"
        if primary in {"en", "*"}:
            return "en"
    return "en"
