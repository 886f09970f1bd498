"""The published contract: `schema.graphql` says what the code says, and old clients keep working.

`tests/contract/published.graphql` is the contract as it was last released; a release copies
`schema.graphql` there. Something may go only if the released one had deprecated it, and the day
has come that the deprecation names (docs/decisions/0006-the-contract.md).
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import BreakingChange, BreakingChangeType, find_breaking_changes

from resolvers.schema import schema
from tests.stories.coffer import ROOT

COMMITTED = ROOT / "schema.graphql"
PUBLISHED = ROOT / "tests" / "contract" / "published.graphql"

_REMOVED = re.compile(
    r"(?:Field|Enum value|Argument) (?P<type>\w+)\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?"
    r" was removed\."
)

NOTICE = timedelta(days=180)
"""How long what is deprecated is kept, at the least."""

_DEPRECATION = re.compile(
    r"Since (?P<since>\d{4}-\d\d-\d\d), until (?P<until>\d{4}-\d\d-\d\d) at least: "
    r"use `(?P<type>\w+)\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?`(?:\.|, .+\.)"
)

SPRING, SUMMER, AUTUMN = date(2027, 3, 1), date(2027, 6, 1), date(2027, 9, 1)
WARNING = "Since 2027-03-01, until 2027-09-01 at least: use `Query.new`."
DEPRECATED = f'@deprecated(reason: "{WARNING}")'
BASE = f"""
type Query {{ old: Int {DEPRECATED} new(a: Int {DEPRECATED}, b: Int): Int kept: E }}
interface Named {{ name: E }}
type Thing implements Named {{ name: E }}
type Part {{ name: E }}
enum E {{ A B {DEPRECATED} }}
input I {{ a: Int {DEPRECATED} b: Int }}
"""

Member = GraphQLField | GraphQLInputField | GraphQLEnumValue | GraphQLArgument


def unannounced(published: GraphQLSchema, current: GraphQLSchema, today: date) -> list[str]:
    """Return what would break clients of the published contract, less what they were warned of."""
    return [
        change.description
        for change in find_breaking_changes(published, current)
        if not was_announced(published, change, today)
    ]


def was_announced(published: GraphQLSchema, change: BreakingChange, today: date) -> bool:
    """Whether a change only removes something whose day has come."""
    if change.type is BreakingChangeType.TYPE_REMOVED:
        # A type is reached by fields, which are looked at one by one, or through an interface.
        return not getattr(published.type_map[change.description.split()[0]], "interfaces", ())
    removed = _REMOVED.fullmatch(change.description)
    if removed is None:
        return False
    member = found(published, removed)
    deprecation = _DEPRECATION.fullmatch((member and member.deprecation_reason) or "")
    return deprecation is not None and date.fromisoformat(deprecation["until"]) <= today


def found(schema: GraphQLSchema, named: re.Match[str]) -> Member | None:
    """Return the field, argument, input field or value that a text names."""
    place = f"{named['type']}.{named['member']}"
    if named["argument"]:
        place += f"({named['argument']}:)"
    return dict(members_of(schema)).get(place)


def members_of(schema: GraphQLSchema) -> Iterator[tuple[str, Member]]:
    """Yield every member of every type, and every argument, with its place in the schema."""
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        members: dict[str, Member] = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        for member_name, member in members.items():
            yield f"{name}.{member_name}", member
            for argument_name, argument in getattr(member, "args", {}).items():
                yield f"{name}.{member_name}({argument_name}:)", argument


def unhelpful(schema: GraphQLSchema) -> list[str]:
    """Return the deprecations that do not say since when, until when, and what to use instead."""
    return [place for place, member in members_of(schema) if not is_helpful(schema, member)]


def is_helpful(schema: GraphQLSchema, member: Member) -> bool:
    """Whether a member is not deprecated, or says all that its users need to know."""
    if member.deprecation_reason is None:
        return True
    told = _DEPRECATION.fullmatch(member.deprecation_reason)
    if told is None:
        return False
    successor = found(schema, told)
    kept_for = date.fromisoformat(told["until"]) - date.fromisoformat(told["since"])
    return kept_for >= NOTICE and successor is not None and successor.deprecation_reason is None


def test_the_committed_contract_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema.as_str() + "\n", "run: make schema"


def test_clients_of_the_published_contract_keep_working() -> None:
    published = build_schema(PUBLISHED.read_text(encoding="utf-8"))
    current = build_schema(schema.as_str())
    assert unannounced(published, current, datetime.now(UTC).date()) == []


def test_every_deprecation_helps_its_users() -> None:
    assert unhelpful(schema._schema) == []


@pytest.mark.parametrize(
    ("reason", "helps"),
    [
        (WARNING, True),
        (WARNING.replace("Query.new", "Query.new(b:)"), True),
        (WARNING.replace("Query.new", "E.A"), True),
        (WARNING.removesuffix(".") + ", which counts better.", True),
        (WARNING.replace("Query.new", "Query.none"), False),
        (WARNING.replace("Query.new", "None.new"), False),
        (WARNING.replace("Query.new", "Query.old"), False),
        (WARNING.replace("until 2027-09-01", "until 2027-08-01"), False),
        ("No longer supported", False),
        ("use `Query.new`", False),
    ],
)
def test_an_unhelpful_deprecation_is_noticed(reason: str, *, helps: bool) -> None:
    changed = BASE.replace(f"old: Int {DEPRECATED}", f'old: Int @deprecated(reason: "{reason}")')
    assert unhelpful(build_schema(changed)) == ([] if helps else ["Query.old"])


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ("kept: E", "kept: E more: Int", []),
        (f"old: Int {DEPRECATED} ", "", []),
        (f"a: Int {DEPRECATED}, ", "", []),
        (f"B {DEPRECATED} ", "", []),
        (f"a: Int {DEPRECATED} b", "b", []),
        ("type Part { name: E }", "", []),
        ("type Thing implements Named { name: E }", "", ["Thing was removed."]),
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
    assert unannounced(build_schema(BASE), build_schema(changed), AUTUMN) == breaks


def test_what_is_deprecated_stays_until_its_day() -> None:
    changed = build_schema(BASE.replace(f"old: Int {DEPRECATED} ", ""))
    for today in (SPRING, SUMMER):
        told = unannounced(build_schema(BASE), changed, today)
        assert told == ["Field Query.old was removed."]


def test_everything_is_described() -> None:
    types = schema._schema.type_map.items()
    undescribed = [
        name for name, kind in types if not name.startswith("__") and not kind.description
    ]
    undescribed += [place for place, member in members_of(schema._schema) if not member.description]
    assert undescribed == []
