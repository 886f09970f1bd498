"""The table: ratios of a round's own figures, medians of the rounds, and the names asked for."""

import json

import pytest

from benchmarks.figures import ROWS, as_json, measurements, needed, table

ONE = {"trusted_per_s": 400.0, "pgbench_per_s": 1000.0, "open_p99_ms": 50.0}
TWO = {"trusted_per_s": 900.0, "pgbench_per_s": 1000.0, "open_p99_ms": 70.0}
THREE = {"trusted_per_s": 800.0, "pgbench_per_s": 1000.0, "open_p99_ms": 61.24}
SHOWN = ["purchase_trusted", "purchase_trusted_p99_ms"]


def test_the_names_are_those_that_were_asked_for() -> None:
    assert list(ROWS) == [
        "purchase_any",
        "purchase_trusted",
        "purchase_hot",
        "purchase_trusted_p99_ms",
        "purchases_100",
        "account_read",
        "fanout_5000_ms",
        "subscriber_kib",
        "desk_sqlite",
        "scale_10m",
        "page_10m",
    ]


def test_a_ratio_is_of_its_own_round() -> None:
    drifted = {"trusted_per_s": 90.0, "pgbench_per_s": 100.0, "open_p99_ms": 1.0}
    assert json.loads(as_json(SHOWN, [ONE, TWO, drifted]))["purchase_trusted"] == 0.9


def test_the_json_is_one_line_of_medians() -> None:
    line = as_json(SHOWN, [ONE, TWO, THREE])
    assert "\n" not in line
    assert json.loads(line) == {"purchase_trusted": 0.8, "purchase_trusted_p99_ms": 61.2}


def test_whole_figures_have_no_point() -> None:
    assert as_json(["fanout_5000_ms"], [{"fanout_ms": 321.4}]) == '{"fanout_5000_ms": 321}'


def test_the_table_shows_the_spread_and_what_was_missed() -> None:
    _, trusted, p99 = table(SHOWN, [ONE, TWO, THREE]).splitlines()
    assert " ".join(trusted.split()) == "purchase_trusted 0.800 0.400 0.900 at least 0.7"
    assert " ".join(p99.split()) == "purchase_trusted_p99_ms 61.2 50.0 70.0 at most 60: missed"


def test_everything_measured_is_told() -> None:
    _, trusted, _, _ = measurements([ONE, TWO, THREE]).splitlines()
    assert trusted.split() == ["trusted_per_s", "800.0", "400.0", "900.0"]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("purchase_hot", {"trusted_per_s", "pgbench_hot_per_s"}),
        ("page_10m", {"large_page_ms", "small_page_ms"}),
    ],
)
def test_what_a_row_needs(row: str, names: set[str]) -> None:
    assert needed([row]) == names
