"""The published contract: `schema.graphql` says what the code says, and old clients keep working.

`tests/contract/published.graphql` is the contract as it was last released; a release copies
`schema.graphql` there. Between two releases something may go only if it was deprecated in the
released one, so that clients were warned.
"""

import re

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import BreakingChange, find_breaking_changes

from resolvers.schema import schema
from tests.stories.coffer import ROOT

COMMITTED = ROOT / "schema.graphql"
PUBLISHED = ROOT / "tests" / "contract" / "published.graphql"

_REMOVED = re.compile(
    r"(?:Field|Enum value|Argument) (?P<type>\w+)\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?"
    r" was removed\."
)

BASE = """
type Query { old: Int @deprecated(reason: "see new") new(a: Int @deprecated, b: Int): Int kept: E }
enum E { A B @deprecated }
input I { a: Int @deprecated b: Int }
"""


def unannounced(published: GraphQLSchema, current: GraphQLSchema) -> list[str]:
    """Return what would break clients of the published contract, less what they were warned of."""
    return [
        change.description
        for change in find_breaking_changes(published, current)
        if not was_deprecated(published, change)
    ]


def was_deprecated(published: GraphQLSchema, change: BreakingChange) -> bool:
    """Whether a change only removes something that the published contract deprecated."""
    removed = _REMOVED.fullmatch(change.description)
    if removed is None:
        return False
    kind = published.type_map[removed["type"]]
    members: dict[str, GraphQLField | GraphQLInputField | GraphQLEnumValue] = {
        **getattr(kind, "fields", {}),
        **getattr(kind, "values", {}),
    }
    member: GraphQLField | GraphQLInputField | GraphQLEnumValue | GraphQLArgument
    member = members[removed["member"]]
    if removed["argument"] and isinstance(member, GraphQLField):
        member = member.args[removed["argument"]]
    return member.deprecation_reason is not None


def test_the_committed_contract_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema.as_str() + "\n", "run: make schema"


def test_clients_of_the_published_contract_keep_working() -> None:
    published = build_schema(PUBLISHED.read_text(encoding="utf-8"))
    current = build_schema(schema.as_str())
    assert unannounced(published, current) == []


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ("kept: E", "kept: E more: Int", []),
        ('old: Int @deprecated(reason: "see new") ', "", []),
        ("a: Int @deprecated, ", "", []),
        ("B @deprecated ", "", []),
        ("a: Int @deprecated b", "b", []),
        ("kept: E", "", ["Field Query.kept was removed."]),
        (", b: Int)", ")", ["Argument Query.new(b:) was removed."]),
        ("A B", "B", ["Enum value E.A was removed."]),
        ("kept: E", "kept: Int", ["Field Query.kept changed type from E to Int."]),
        ("b: Int }", "b: Int! }", ["Field I.b changed type from Int to Int!."]),
        ("b: Int)", "b: Int, c: Int!)", ["A required argument Query.new(c:) was added."]),
    ],
)
def test_what_breaks_clients_is_noticed(old: str, new: str, breaks: list[str]) -> None:
    assert BASE.count(old) == 1
    changed = BASE.replace(old, new)
    assert unannounced(build_schema(BASE), build_schema(changed)) == breaks


def test_everything_is_described() -> None:
    undescribed = []
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            undescribed.append(name)
        members = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        for member_name, member in members.items():
            if not member.description:
                undescribed.append(f"{name}.{member_name}")
            undescribed += [
                f"{name}.{member_name}({argument_name}:)"
                for argument_name, argument in getattr(member, "args", {}).items()
                if not argument.description
            ]
    assert undescribed == []
