"""An object takes the fragments that fit its type, so only the dearest type counts."""

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse, validate

from app.transport.limits import measure

SPREAD = """
{ thing { ...C ...S } }
fragment C on Cat { name lives }
fragment S on Stone { weight }
"""

SCHEMA = build_schema(
    """
    interface Named { name: String }
    type Cat implements Named { name: String lives: Int mice(first: Int): [Cat] }
    type Dog implements Named { name: String bones: Int }
    type Stone { weight: Int }
    union Thing = Cat | Dog | Stone
    type Query { thing: Thing things(first: Int): [Thing] cat: Cat }
    """
)


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ thing { __typename } }", 2),
        ("{ thing { ... on Cat { name lives } ... on Stone { weight } } }", 3),
        ("{ thing { ... on Cat { name } ... on Cat { lives } ... on Stone { weight } } }", 3),
        ("{ thing { __typename ... on Named { name } ... on Dog { bones } } }", 4),
        ("{ thing { ... on Named { name } ... on Stone { weight } } }", 2),
        ("{ thing { ... on Named { ... on Cat { lives } ... on Dog { bones } } } }", 2),
        ("{ thing { ... { ... on Cat { lives } } ... on Stone { weight } } }", 3),
        (
            SPREAD,
            3,
        ),
        ("{ things(first: 10) { ... on Cat { name } ... on Dog { name bones } } }", 21),
        ("{ thing { ... on Cat { mice(first: 5) { name } } ... on Stone { weight } } }", 7),
        # A parent of one type takes every fragment that validation lets through.
        ("{ cat { ... on Named { name } ... on Cat { lives } } }", 3),
    ],
)
def test_cost(document: str, cost: int) -> None:
    node = parse(document)
    assert validate(SCHEMA, node) == []
    operation = next(d for d in node.definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
    assert measure(SCHEMA, operation, fragments, {}, 20).cost == cost
