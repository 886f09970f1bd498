"""What plans are made from, and what they say when something is not theirs to do."""

from graphql import GraphQLField, GraphQLNamedType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField


class NotPrepared(Exception):
    """An operation holds something that plans do not know."""


class Unfit(Exception):
    """These variables are wrong, or need more than a plan does; graphql-core tells which."""


def field_of(field: GraphQLField) -> StrawberryField:
    """Return the Strawberry field behind one of the schema's.

    Raises:
        NotPrepared: There is none, or it does more than its resolver does.
    """
    found = (field.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(found, StrawberryField) or found.extensions or found.permission_classes:
        raise NotPrepared(f"field {found}")
    return found


def definition_of(type_: GraphQLNamedType) -> StrawberryObjectDefinition:
    """Return the Strawberry definition behind an object or input type.

    Raises:
        NotPrepared: There is none.
    """
    found = (type_.extensions or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(found, StrawberryObjectDefinition):
        raise NotPrepared(f"type {type_}")
    return found
