"""What the schema promises as a whole."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_specified_scalar_type,
)

from graphql_schema.notifications import EVENT_TYPES
from graphql_schema.relay import NODE_TYPES, NodeKind
from models.kinds import EventKind
from resolvers.schema import schema

GRAPHQL = schema._schema


def named_types() -> Iterator[GraphQLNamedType]:
    for name, named in GRAPHQL.type_map.items():
        if not name.startswith("__") and not is_specified_scalar_type(named):
            yield named


def described() -> Iterator[tuple[str, str | None]]:
    for named in named_types():
        yield named.name, named.description
        if isinstance(named, GraphQLEnumType):
            for value, definition in named.values.items():
                yield f"{named.name}.{value}", definition.description
        elif isinstance(named, GraphQLInputObjectType):
            for name, input_field in named.fields.items():
                yield f"{named.name}.{name}", input_field.description
        elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in named.fields.items():
                yield f"{named.name}.{name}", field.description
                for argument, definition in field.args.items():
                    yield f"{named.name}.{name}({argument})", definition.description


def test_everything_has_a_description() -> None:
    without = [name for name, text in described() if not text or not text.strip()]
    assert without == []


def test_descriptions_are_for_clients_not_for_us() -> None:
    ours = ("TODO", "Raises:", "Args:", "Returns:", "``", "row_id", "noqa")
    assert [name for name, text in described() if any(word in (text or "") for word in ours)] == []


def test_every_mutation_is_nullable_and_answers_yes_or_no() -> None:
    mutations = GRAPHQL.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        capital = name[0].upper() + name[1:]
        assert isinstance(field.type, GraphQLUnionType), name
        assert field.type.name == f"{capital}Result"
        members = {member.name: member for member in field.type.types}
        success = members.pop(f"{capital}Success")
        assert [each.name for each in success.interfaces] == ["Success"]
        assert "PlainRefusal" in members
        for member in members.values():
            assert [each.name for each in member.interfaces] == ["Refusal"]


def test_every_mutation_takes_one_input() -> None:
    mutations = GRAPHQL.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        # Signing out needs nothing, and an input type cannot be empty.
        assert list(field.args) == ([] if name == "signOut" else ["input"]), name


def test_what_has_an_effect_has_a_key() -> None:
    mutations = GRAPHQL.mutation_type
    assert mutations is not None
    keyless = {
        name
        for name, field in mutations.fields.items()
        if "input" not in field.args
        or "idempotencyKey" not in get_named_type(field.args["input"].type).fields
    }
    # `purchases` has a key for each purchase; the others may be repeated without harm.
    assert keyless == {"signIn", "signOut", "stepUp", "setParameter", "purchases", "revealProfile"}


def test_every_root_query_is_nullable() -> None:
    queries = GRAPHQL.query_type
    assert queries is not None
    assert [n for n, f in queries.fields.items() if isinstance(f.type, GraphQLNonNull)] == []


def test_no_amount_is_an_int() -> None:
    for named in named_types():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in named.fields.items():
                assert "minor" not in name.lower(), f"{named.name}.{name}"
                if get_named_type(field.type).name in {"Int", "Float"}:
                    assert (named.name, name) in {
                        ("Transaction", "number"),
                        ("PayoutRun", "total"),
                        ("PayoutRun", "paid"),
                        ("PayoutRun", "refused"),
                        ("Throttled", "retryAfter"),
                        ("DeadLetter", "attempts"),
                    }


def test_no_field_pages_by_offset() -> None:
    for named in named_types():
        if isinstance(named, GraphQLObjectType):
            for name, field in named.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    assert {"first", "after"} <= set(field.args), f"{named.name}.{name}"
                    assert {"offset", "skip", "page"}.isdisjoint(field.args)


@pytest.mark.parametrize("kind", NodeKind)
def test_every_kind_of_id_names_a_type_of_the_schema(kind: NodeKind) -> None:
    named = GRAPHQL.type_map[kind]
    assert isinstance(named, GraphQLObjectType)
    assert "Node" in [each.name for each in named.interfaces]
    assert NODE_TYPES[kind].__name__ == kind


def test_every_event_has_a_type_that_subscriptions_may_tell() -> None:
    union = GRAPHQL.type_map["FeedMessage"]
    assert isinstance(union, GraphQLUnionType)
    told = {member.name for member in union.types}
    assert set(EVENT_TYPES) == set(EventKind)
    assert told == {each.__name__ for each in EVENT_TYPES.values()} | {"FeedGap"}


def test_the_members_of_a_union_may_be_asked_for_together() -> None:
    """One name is one type in all of them, or a document would need aliases to ask for both."""
    for named in named_types():
        if isinstance(named, GraphQLUnionType):
            types: dict[str, str] = {}
            for member in named.types:
                for name, field in member.fields.items():
                    told = types.setdefault(name, str(field.type))
                    assert told == str(field.type), f"{named.name}: {member.name}.{name}"


def test_the_transport_can_run_it() -> None:
    assert not schema.extensions
    assert not schema.directives
