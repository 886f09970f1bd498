"""Types and fields whose docstrings are what GraphiQL shows."""

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

Kind = TypeVar("Kind", bound=type)
Closed = TypeVar("Closed", bound=type[StrEnum])


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def gql_type(cls: Kind) -> Kind:
    """Make a class an object type, described by its docstring."""
    return strawberry.type(cls, description=_text(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def gql_input(cls: Kind) -> Kind:
    """Make a class an input type, described by its docstring."""
    return strawberry.input(cls, description=_text(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def gql_interface(cls: Kind) -> Kind:
    """Make a class an interface, described by its docstring."""
    return strawberry.interface(cls, description=_text(cls))


def gql_field(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a function a field, described by its docstring."""
    made: StrawberryField = strawberry.field(resolver=resolver, description=_text(resolver))
    return made


def gql_mutation(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a function a root mutation, described by its docstring."""
    made: StrawberryField = strawberry.mutation(resolver=resolver, description=_text(resolver))
    return made


def gql_subscription(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a function a subscription, described by its docstring."""
    made: StrawberryField = strawberry.subscription(resolver=resolver, description=_text(resolver))
    return made


def gql_enum(cls: Closed, description: str, values: Mapping[str, str], name: str = "") -> Closed:
    """Publish a closed set of another floor, with a description for each of its values.

    Raises:
        KeyError: A value has none.
    """
    strawberry.enum(cls, name=name or cls.__name__, description=description)
    definition: StrawberryEnumDefinition = getattr(cls, "__strawberry_definition__")  # noqa: B009
    for value in definition.values:
        value.description = values[value.name]
    return cls


def _text(described: object) -> str:
    text = inspect.getdoc(described)
    if not text:
        raise TypeError(f"{described} has no docstring to be described by")
    return text
