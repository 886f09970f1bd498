"""Documents that ask for everything a type has, made from the schema, and reading their answers."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

from resolvers.schema import schema
from tests.factories import NOON

TYPES = schema._schema.type_map

ARGUMENTS = {"balanceAt": f'(moment: "{NOON.isoformat()}")'}
"""What a field of an object must be given."""

Value = Any
"""What an answer holds: JSON."""

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


def fields_of(name: str) -> Mapping[str, GraphQLField]:
    """Return the fields of an object type."""
    named = TYPES[name]
    assert isinstance(named, GraphQLObjectType)
    fields: Mapping[str, GraphQLField] = named.fields
    return fields


def is_composite(named: GraphQLNamedType) -> bool:
    """Tell whether a type has fields, or stands for types that have."""
    return isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)


def is_node(named: GraphQLNamedType) -> bool:
    """Tell whether a type's objects have global ids."""
    return isinstance(named, GraphQLObjectType) and "Node" in {i.name for i in named.interfaces}


def is_wrapping(named: GraphQLNamedType) -> bool:
    """Tell whether a type is only the page, or the edge, around something."""
    return named.name.endswith(("Connection", "Edge"))


@cache
def everything(name: str, depth: int) -> str:
    """Return the selection of all fields of a type, and of what they lead to, so many steps on.

    Lists that are paged are asked for one step less far: each of them is a query of its own.
    """
    named = TYPES[name]
    if isinstance(named, GraphQLObjectType):
        parts = ["__typename"]
        for field, of in named.fields.items():
            below = get_named_type(of.type)
            given = ARGUMENTS.get(field, "")
            assert given or not any(map(is_required_argument, of.args.values())), field
            if not is_composite(below):
                parts.append(f"{field}{given}")
            elif name.endswith(("Connection", "Edge")):
                parts.append(f"{field} {{ {everything(below.name, depth)} }}")
            elif depth > 0:
                parts.append(f"{field}{given} {{ {everything(below.name, depth - 1)} }}")
            elif not is_wrapping(below):
                parts.append(f"{field}{given} {{ {_name_of(below.name)} }}")
        return " ".join(parts)
    if name == "Node":
        return "__typename id"
    fragments = [f"... on {each} {{ {everything(each, depth)} }}" for each in possible(name)]
    return " ".join(["__typename", *fragments])


def _name_of(name: str) -> str:
    return "__typename id" if is_node(TYPES[name]) else "__typename"


def possible(name: str) -> list[str]:
    """Return the object types that an abstract type stands for."""
    named = TYPES[name]
    if isinstance(named, GraphQLUnionType):
        return [each.name for each in named.types]
    assert isinstance(named, GraphQLInterfaceType)
    return [each.name for each in schema._schema.get_possible_types(named)]


def objects(value: Value, trail: str = "") -> Iterator[tuple[Mapping[str, Value], str]]:
    """Yield every object of an answer, and the id of the nearest node around it or of itself."""
    if isinstance(value, list):
        for each in value:
            yield from objects(each, trail)
    elif isinstance(value, dict):
        if "id" in value:
            trail = value["id"]
        yield value, trail
        for each in value.values():
            yield from objects(each, trail)


def nearest(value: Value) -> Iterator[str]:
    """Yield the ids of the things that a value is, or is a list or page of: not of theirs."""
    if isinstance(value, list):
        for each in value:
            yield from nearest(each)
    elif isinstance(value, dict):
        if "id" in value:
            yield value["id"]
        else:
            for each in value.values():
                yield from nearest(each)


def shallow(name: str) -> str:
    """Return the selection that tells which things an answer is about, and nothing of them."""
    named = TYPES[name]
    if name == "FeedConnection":
        return "__typename edges { __typename cursor node { __typename id } }"
    if name.endswith("Connection"):
        assert isinstance(named, GraphQLObjectType)
        node = get_named_type(_edge(named).fields["node"].type).name
        return f"__typename edges {{ __typename node {{ {shallow(node)} }} }}"
    if name == "FeedMessage":
        return "__typename ... on FeedEvent { id }"
    if isinstance(named, GraphQLObjectType) and not is_node(named):
        led = {field: get_named_type(of.type) for field, of in named.fields.items()}
        parts = [f"{field} {{ __typename id }}" for field, of in led.items() if is_node(of)]
        return " ".join(["__typename", *parts])
    return "__typename ... on Node { id }"


def _edge(connection: GraphQLObjectType) -> GraphQLObjectType:
    edge = get_named_type(connection.fields["edges"].type)
    assert isinstance(edge, GraphQLObjectType)
    return edge
