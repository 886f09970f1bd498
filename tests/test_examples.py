"""Every example operation stands on its own in the published schema."""

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "web" / "examples").glob("*.graphql"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_schema(path: Path) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    document = parse(path.read_text(encoding="utf-8"))
    assert validate(schema, document) == []
    assert all(
        isinstance(node, OperationDefinitionNode) and node.name for node in document.definitions
    )


def test_there_is_one_for_each_kind_of_caller() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "lottery-centre",
        "operator",
        "player",
        "sales-platform",
        "supervisor",
    ]
