"""The README says what the tests prove."""

from tests.requirements import README, SYSTEMS, marked, with_table


def test_the_coverage_table_is_made_from_the_marks() -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_table(readme) == readme, "run: .venv/bin/python -m tests.requirements"


def test_every_mark_names_a_requirement_that_exists() -> None:
    known = {f"{letter}{n}" for letter, (_, count) in SYSTEMS.items() for n in range(1, count + 1)}
    assert set(marked()) <= known
