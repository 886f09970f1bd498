"""The table: what is reported, from what was measured, and how it is shown."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Measured = Mapping[str, float]
"""What one round measured, by name."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    Attributes:
        needs: What must be measured for it.
        of: The figure of a round.
        goal: What it should be at least (or at most).
        is_ceiling: Whether the goal is one.
        digits: After the point.
    """

    needs: tuple[str, ...]
    of: Callable[[Measured], float]
    goal: float
    is_ceiling: bool = False
    digits: int = 3

    def meets(self, value: float) -> bool:
        """Tell whether a value is as it should be."""
        return value <= self.goal if self.is_ceiling else value >= self.goal


def _ratio(name: str, yardstick: str) -> tuple[tuple[str, ...], Callable[[Measured], float]]:
    return (name, yardstick), lambda measured: measured[name] / measured[yardstick]


def _itself(name: str) -> tuple[tuple[str, ...], Callable[[Measured], float]]:
    return (name,), lambda measured: measured[name]


ROWS: Mapping[str, Row] = {
    "purchase_any": Row(*_ratio("any_per_s", "pgbench_per_s"), 0.4),
    "purchase_trusted": Row(*_ratio("trusted_per_s", "pgbench_per_s"), 0.7),
    "purchase_hot": Row(*_ratio("trusted_per_s", "pgbench_hot_per_s"), 1.8),
    "purchase_trusted_p99_ms": Row(*_itself("open_p99_ms"), 60, is_ceiling=True, digits=1),
    "purchases_100": Row(*_ratio("many_per_s", "pgbench_per_s"), 2.5),
    "account_read": Row(*_ratio("read_per_s", "pgbench_select_per_s"), 0.015, digits=4),
    "fanout_5000_ms": Row(*_itself("fanout_ms"), 500, is_ceiling=True, digits=0),
    "subscriber_kib": Row(*_itself("subscriber_kib"), 60, is_ceiling=True, digits=1),
    "desk_sqlite": Row(*_ratio("sqlite_per_s", "sqlite_single_per_s"), 5, digits=2),
    "scale_10m": Row(*_ratio("large_per_s", "small_per_s"), 0.8),
    "page_10m": Row(*_ratio("large_page_ms", "small_page_ms"), 2, is_ceiling=True),
}


def needed(rows: Sequence[str]) -> frozenset[str]:
    """Return what must be measured for some rows of the table."""
    return frozenset(name for row in rows for name in ROWS[row].needs)


def measurements(rounds: Sequence[Measured]) -> str:
    """Return everything that was measured: median, least and most."""
    lines = [f"{'measured':24} {'median':>10} {'least':>10} {'most':>10}"]
    for name in rounds[0]:
        values = [measured[name] for measured in rounds]
        figures = (statistics.median(values), min(values), max(values))
        lines.append(f"{name:24} " + " ".join(f"{value:10.1f}" for value in figures))
    return "\n".join(lines)


def table(rows: Sequence[str], rounds: Sequence[Measured]) -> str:
    """Return the rows: median of the rounds' figures, the least and most, and the goal."""
    lines = [f"{'row':24} {'median':>10} {'least':>10} {'most':>10}  goal"]
    for name in rows:
        row, values = ROWS[name], _values(name, rounds)
        median = statistics.median(values)
        shown = " ".join(
            f"{value:10.{row.digits}f}" for value in (median, min(values), max(values))
        )
        goal = f"{'at most' if row.is_ceiling else 'at least'} {row.goal:g}"
        lines.append(f"{name:24} {shown}  {goal}{'' if row.meets(median) else ': missed'}")
    return "\n".join(lines)


def as_json(rows: Sequence[str], rounds: Sequence[Measured]) -> str:
    """Return the medians of the rows as one JSON object on one line."""
    return json.dumps(
        {
            name: round(statistics.median(_values(name, rounds)), ROWS[name].digits or None)
            for name in rows
        }
    )


def _values(name: str, rounds: Sequence[Measured]) -> list[float]:
    return [ROWS[name].of(measured) for measured in rounds]
