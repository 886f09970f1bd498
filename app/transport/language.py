"""What the caller prefers, as its headers say it: the language of messages, and formats."""

from typing import Literal

Language = Literal["en", "zh"]


def by_preference(header: str) -> list[str]:
    """The values of an ``Accept``-like header, lower case, most wanted first.

    Values with equal weight keep their order. A value with weight 0 is refused by the caller
    and left out, as is one whose weight cannot be read.
    """
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
    return [value for _, value in weighted]


def pick_language(accept_language: str | None) -> Language:
    """The language of messages for an ``Accept-Language`` header; English when in doubt."""
    for wanted in by_preference(accept_language or ""):
        primary = wanted.partition("-")[0]
        if primary == "zh":
            return "zh"
        if primary in {"en", "*"}:
            return "en"
    return "en"
