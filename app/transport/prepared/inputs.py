"""Reading what a request gives, straight into what resolvers take.

Neither dictionaries nor a second conversion come in between. Whatever is not plainly right raises
``Unfit``: graphql-core then reads it again, and says what is wrong with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_input_type,
    type_from_ast,
    value_from_ast_untyped,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryMaybe

from app.transport.prepared.names import NotPrepared, Unfit, definition_of, field_of

Variables = Mapping[str, Any]
Read = Callable[[Any], Any]
"""Turns a JSON value into what a resolver takes."""
Give = Callable[[Variables], Any]
"""Gives a resolver's argument for the variables of a request; ``Undefined`` where it has none."""


class Inputs:
    """Prepares the arguments of one operation's fields.

    Raises:
        NotPrepared: A variable is of no known type.
    """

    def __init__(
        self, schema: GraphQLSchema, config: StrawberryConfig, operation: OperationDefinitionNode
    ) -> None:
        self._config = config
        self._readers: dict[GraphQLInputType, Read] = {}
        self._reading: set[GraphQLInputType] = set()
        self._types: dict[str, GraphQLInputType] = {}
        self._defaults: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        """What a variable is that is left out, as JSON."""
        for variable in operation.variable_definitions or ():
            type_ = type_from_ast(schema, variable.type)
            if not is_input_type(type_) or variable.directives:
                raise NotPrepared("a variable of no known type")
            name = variable.variable.name.value
            self._types[name] = type_
            if variable.default_value is not None:
                self.defaults[name] = value_from_ast_untyped(variable.default_value)
            self._defaults[name] = (
                Undefined
                if variable.default_value is None
                else self._constant(variable.default_value, type_)
            )
        self._unread = set(self._types)

    def check_all_are_read(self) -> None:
        """See that every variable is read by some field, and thereby checked.

        Raises:
            NotPrepared: One is not.
        """
        if self._unread:
            raise NotPrepared("a variable that nothing reads")

    def arguments(
        self, field: GraphQLField, given: Mapping[str, ValueNode]
    ) -> tuple[tuple[str, Give], ...]:
        """Return how each argument that a document gives to a field is read.

        Raises:
            NotPrepared: One of them holds something unknown.
        """
        arguments = {self._name_of(argument): argument for argument in field_of(field).arguments}
        found: list[tuple[str, Give]] = []
        for name, node in given.items():
            argument = arguments[name]
            if isinstance(argument.type, StrawberryMaybe):
                raise NotPrepared("an argument that may be left out")
            type_ = field.args[name].type
            if isinstance(node, VariableNode) and field.args[name].default_value is not Undefined:
                found.append((argument.python_name, self._optional(node, type_)))
            else:
                found.append((argument.python_name, self._give(node, type_)))
        return tuple(found)

    def _name_of(self, argument: StrawberryArgument) -> str:
        return self._config.name_converter.from_argument(argument)

    def _optional(self, node: VariableNode, type_: GraphQLInputType) -> Give:
        give = self._give(node, type_)
        name = node.name.value
        if self._defaults[name] is not Undefined:
            return give
        return lambda variables: give(variables) if name in variables else Undefined

    def _give(self, node: ValueNode, type_: GraphQLInputType) -> Give:
        if isinstance(node, VariableNode):
            return self._variable(node.name.value, type_)
        bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if _holds_variable(node):
            if isinstance(node, ObjectValueNode) and isinstance(bare, GraphQLInputObjectType):
                return self._object_literal(node, bare)
            if isinstance(node, ListValueNode) and isinstance(bare, GraphQLList):
                items = [self._given(item, bare.of_type) for item in node.values]
                return lambda variables: [item(variables) for item in items]
            raise NotPrepared("a variable within a literal")
        constant = self._constant(node, type_)
        return lambda _: constant

    def _given(self, node: ValueNode, type_: GraphQLInputType) -> Give:
        """Give a value that stands in a list, where nothing can be left out."""
        give = self._give(node, type_)

        def given(variables: Variables) -> Any:  # noqa: ANN401 - any input
            value = give(variables)
            if value is Undefined:
                raise Unfit
            return value

        return given

    def _object_literal(self, node: ObjectValueNode, type_: GraphQLInputObjectType) -> Give:
        made, fields, absent = self._fields_of(type_)
        parts = [
            (fields[part.name.value][0], self._give(part.value, type_.fields[part.name.value].type))
            for part in node.fields
        ]
        named = {part.name.value for part in node.fields}
        if any(required and name not in named for name, (_, _, required) in fields.items()):
            raise NotPrepared("a literal that is not complete")

        def give(variables: Variables) -> Any:  # noqa: ANN401 - any input
            values = absent.copy()
            for name, part in parts:
                value = part(variables)
                if value is Undefined:
                    raise Unfit
                values[name] = value
            return made(**values)

        return give

    def _variable(self, name: str, type_: GraphQLInputType) -> Give:
        declared = self._types[name]
        bare = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if str(declared) != str(type_) and str(bare) != str(
            type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        ):
            raise NotPrepared("a variable that is turned into another type")
        self._unread.discard(name)
        # The stricter of the two: a null that the field does not take is graphql-core's to refuse.
        strict = type_ if isinstance(type_, GraphQLNonNull) else declared
        read, default = self._reader(strict), self._defaults[name]
        required = isinstance(strict, GraphQLNonNull)

        def give(variables: Variables) -> Any:  # noqa: ANN401 - any input
            value = variables.get(name, Undefined)
            if value is not Undefined:
                return read(value)
            if required and default is Undefined:
                raise Unfit
            return default

        return give

    def _constant(self, node: ValueNode, type_: GraphQLInputType) -> Any:  # noqa: ANN401 - any input
        try:
            return self._reader(type_)(value_from_ast_untyped(node))
        except Unfit:
            raise NotPrepared("a literal that graphql-core must read") from None

    def _reader(self, type_: GraphQLInputType) -> Read:
        read = self._readers.get(type_)
        if read is None:
            if type_ in self._reading:
                raise NotPrepared("an input that holds itself")
            self._reading.add(type_)
            read = self._readers[type_] = self._read(type_)
            self._reading.discard(type_)
        return read

    def _read(self, type_: GraphQLInputType) -> Read:
        if isinstance(type_, GraphQLNonNull):
            strictly = _STRICT_SCALARS.get(getattr(type_.of_type, "name", ""))
            return strictly or _strict(self._reader(type_.of_type))
        if isinstance(type_, GraphQLList):
            return _listed(self._reader(type_.of_type))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_)
        return _SCALARS.get(type_.name) or _parsed(type_)

    def _fields_of(
        self, type_: GraphQLInputObjectType
    ) -> tuple[type, dict[str, tuple[str, Read, bool]], dict[str, None]]:
        """Return an input's class, its fields (name, reader, required), and what is absent."""
        definition = definition_of(type_)
        if type_.is_one_of or definition.from_input is not None:
            raise NotPrepared("an input that makes itself")
        fields: dict[str, tuple[str, Read, bool]] = {}
        absent: dict[str, None] = {}
        for field in definition.fields:
            if isinstance(field.resolve_type(type_definition=definition), StrawberryMaybe):
                raise NotPrepared("an input that may be left out")
            name = self._config.name_converter.from_field(field)
            described = type_.fields[name]
            required = (
                isinstance(described.type, GraphQLNonNull) and described.default_value is Undefined
            )
            fields[name] = field.python_name, self._reader(described.type), required
            if field.default_value is MISSING and field.default_factory is MISSING:
                absent[field.python_name] = None
        return definition.origin, fields, absent

    def _object(self, type_: GraphQLInputObjectType) -> Read:
        made, fields, absent = self._fields_of(type_)
        required = frozenset(name for name, (_, _, must) in fields.items() if must)

        def read(value: Any) -> Any:  # noqa: ANN401 - any input
            if value is None:
                return None
            if type(value) is not dict or not value.keys() >= required:
                raise Unfit
            values: dict[str, Any] = absent.copy()
            for name, given in value.items():
                field = fields.get(name)
                if field is None:
                    raise Unfit
                values[field[0]] = field[1](given)
            return made(**values)

        return read


def _strict(read: Read) -> Read:
    def strictly(value: Any) -> Any:  # noqa: ANN401 - any input
        if value is None:
            raise Unfit
        return read(value)

    return strictly


def _listed(read: Read) -> Read:
    def list_(value: Any) -> Any:  # noqa: ANN401 - any input
        if value is None:
            return None
        if type(value) is not list:
            raise Unfit
        return [read(item) for item in value]

    return list_


def _parsed(type_: GraphQLEnumType | GraphQLScalarType) -> Read:
    parse = type_.parse_value

    def parsed(value: Any) -> Any:  # noqa: ANN401 - any input
        if value is None:
            return None
        try:
            return parse(value)
        except Exception:  # noqa: BLE001 - graphql-core meets it again, and says so
            raise Unfit from None

    return parsed


def _string(value: Any) -> Any:  # noqa: ANN401 - any input
    if value is None or type(value) is str:
        return value
    raise Unfit


def _whole(value: Any) -> Any:  # noqa: ANN401 - any input
    if value is None or (type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT):
        return value
    raise Unfit


def _truth(value: Any) -> Any:  # noqa: ANN401 - any input
    if value is None or type(value) is bool:
        return value
    raise Unfit


def _text(value: Any) -> Any:  # noqa: ANN401 - any input
    if type(value) is str:
        return value
    raise Unfit


_STRICT_SCALARS: dict[str, Read] = {GraphQLString.name: _text, GraphQLID.name: _text}
_SCALARS: dict[str, Read] = {
    GraphQLString.name: _string,
    GraphQLID.name: _string,
    GraphQLInt.name: _whole,
    GraphQLBoolean.name: _truth,
}


def _holds_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(map(_holds_variable, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_holds_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)
