"""Figures that an operator watches: what each is called, what it says, and when to be alarmed.

Whoever does something keeps plain numbers of it; they are read when somebody asks
(``app/metrics/``, and ``docs/operating.md`` for how to add one).
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds by which durations are counted, in seconds."""


class FigureKind(StrEnum):
    """What a figure does as time passes."""

    COUNTER = "counter"
    """It only rises, from nothing at the start of its process."""
    GAUGE = "gauge"
    """It rises and falls."""
    DURATIONS = "histogram"
    """It counts durations by their length."""


@dataclass(slots=True)
class Durations:
    """Durations that were seen, counted by the bounds; the last count is of those beyond."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, duration_s: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, duration_s)] += 1
        self.sum_s += duration_s


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is counted or measured.

    Attributes:
        name: As Prometheus knows it; the unit ends it, and ``_total`` a counter.
        kind: What it does as time passes.
        says: What it tells, for ``docs/operating.md`` and for Prometheus.
        alarm: When somebody should look; empty where it only explains the others.
        labels: By what it is told apart: closed sets only, never what a caller chose.
    """

    name: str
    kind: FigureKind
    says: str
    alarm: str = ""
    labels: tuple[str, ...] = ()

    def at(self, value: float | Durations, *labels: str) -> "Reading":
        """Return the figure's value now, for these values of its labels."""
        return Reading(self, labels, value)


class Reading(NamedTuple):
    """A figure's value at one moment."""

    figure: Figure
    labels: tuple[str, ...]
    value: float | Durations


def age_s(since: datetime | None, now: datetime) -> float:
    """Return how old the oldest of something is, in seconds; 0 where there is none."""
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
