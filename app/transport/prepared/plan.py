"""A plan: what an operation asks for, as a tree of functions that answer it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, NamedTuple, cast

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    Undefined,
    located_error,
)
from strawberry.schema.config import StrawberryConfig

from app.transport.prepared.inputs import Give, Inputs, Variables
from app.transport.prepared.names import NotPrepared, definition_of, field_of

FIELDS_MAX = 2_000
"""Of one plan: fields on an interface are prepared for each of its types."""

Path = tuple["Path", str | int] | None
"""Where an answer stands, the innermost first."""
Arguments = list[dict[str, Any]]
"""What each field with arguments takes, by the field's number."""


@dataclass(slots=True)
class Info:
    """What resolvers are told: whose request it is, and which root field it is for."""

    context: Any
    field_name: str
    arguments: Arguments
    errors: list[GraphQLError]


Complete = Callable[[Any, Info, Path], Any]
"""Turns what a resolver gave into JSON, or into a coroutine that does."""


class Place(NamedTuple):
    """A field, or an item of a list, as far as its failing matters."""

    called: str
    nullable: bool
    nodes: list[FieldNode]

    def settle(self, value: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any output
        """Return a value that may stand here; what failed is null where it may be."""
        if isinstance(value, Exception):
            error = located_error(value, self.nodes, _steps(path))
            if not self.nullable:
                raise error
            info.errors.append(error)
            return None
        if value is None and not self.nullable:
            message = f"Cannot return null for non-nullable field {self.called}."
            raise located_error(TypeError(message), self.nodes, _steps(path))
        return value


class Field(NamedTuple):
    """One field of a selection."""

    key: str
    place: Place
    answer: Complete
    """Resolves and completes the field of an object."""


Waiting = tuple[str | int, Place, Path, Coroutine[Any, Any, Any]]
"""A place that is still empty, and what will fill it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation that is ready to run.

    Attributes:
        serial: Whether its fields run one after the other, as those of a mutation do.
        fields: Of the root, with their names.
        gives: How the arguments of each field that has any are read.
        defaults: What a variable is that is left out, as JSON.
        size: How many fields it has, each for every type that it is asked of.
    """

    serial: bool
    fields: tuple[tuple[str, Field], ...]
    gives: tuple[tuple[tuple[str, Give], ...], ...]
    defaults: Mapping[str, Any]
    size: int

    def read(self, variables: Variables) -> Arguments:
        """Read every argument, before anything runs.

        Raises:
            Unfit: graphql-core must read the variables, and say what is wrong with them.
        """
        arguments: Arguments = []
        for each in self.gives:
            values = {}
            for name, give in each:
                value = give(variables)
                if value is not Undefined:
                    values[name] = value
            arguments.append(values)
        return arguments

    async def run(
        self, context: object, arguments: Arguments, event: object = None
    ) -> ExecutionResult:
        """Answer the operation. Errors are in the answer; nothing is raised for them.

        Args:
            context: Whose operation it is.
            arguments: Those of its fields.
            event: What happened, where it is a subscription; the answer shows this one event.
        """
        errors: list[GraphQLError] = []
        data: dict[str, Any] = {field.key: None for _, field in self.fields}
        waiting: list[Waiting] = []
        try:
            for name, (key, place, answer) in self.fields:
                info = Info(context, name, arguments, errors)
                path: Path = (None, key)
                value = _tried(answer, event, info, path)
                if type(value) is not CoroutineType:
                    data[key] = place.settle(value, info, path)
                    continue
                waiting.append((key, place, path, value))
                if self.serial:
                    await _finish(data, waiting, info)
                    waiting = []
            await _finish(data, waiting, Info(context, "", arguments, errors))
        except GraphQLError as error:
            _drop(waiting)
            return ExecutionResult(None, [*errors, error])
        return ExecutionResult(data, errors or None)


def prepare(
    schema: GraphQLSchema,
    config: StrawberryConfig,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Plan:
    """Return the plan of a valid operation: of a subscription, how each of its events is shown.

    Raises:
        NotPrepared: It holds something that plans do not know.
    """
    if operation.directives:
        raise NotPrepared("an operation with directives")
    root = schema.get_root_type(operation.operation)
    assert root is not None  # noqa: S101 - the operation is valid
    planner = _Planner(schema, fragments, Inputs(schema, config, operation))
    selected = planner.fields(root, [operation.selection_set.selections])
    planner.inputs.check_all_are_read()
    return Plan(
        operation.operation is OperationType.MUTATION,
        tuple((field.place.nodes[0].name.value, field) for field in selected),
        tuple(planner.gives),
        planner.inputs.defaults,
        planner.size,
    )


class _Planner:
    """Prepares the selections of one operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        inputs: Inputs,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self.inputs = inputs
        self.gives: list[tuple[tuple[str, Give], ...]] = []
        self.size = 0
        """How many fields were prepared, each for every type that it is asked of."""

    def fields(
        self, type_: GraphQLObjectType, selections: Iterable[Iterable[SelectionNode]]
    ) -> tuple[Field, ...]:
        """Prepare what these selections ask of an object of a type."""
        collected: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for each in selections:
            self._collect(type_, each, collected, spread)
        return tuple(self._field(type_, key, nodes) for key, nodes in collected.items())

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: Iterable[SelectionNode],
        collected: dict[str, list[FieldNode]],
        spread: set[str],
    ) -> None:
        for selection in selections:
            if selection.directives:
                raise NotPrepared("a selection with directives")
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                collected.setdefault(key, []).append(selection)
                continue
            if isinstance(selection, FragmentSpreadNode):
                if selection.name.value in spread:
                    continue
                spread.add(selection.name.value)
                fragment: InlineFragmentNode | FragmentDefinitionNode = self._fragments[
                    selection.name.value
                ]
            else:
                fragment = cast("InlineFragmentNode", selection)
            if self._fits(fragment, type_):
                self._collect(type_, fragment.selection_set.selections, collected, spread)

    def _fits(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, type_: GraphQLObjectType
    ) -> bool:
        if fragment.type_condition is None:
            return True
        wanted = self._schema.get_type(fragment.type_condition.name.value)
        if isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.is_sub_type(wanted, type_)
        return wanted is type_

    def _field(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Field:
        self.size += 1
        if self.size > FIELDS_MAX:
            raise NotPrepared("too many fields")
        name = nodes[0].name.value
        if name == "__typename":
            text = type_.name
            return Field(key, Place("", nullable=False, nodes=nodes), lambda *_: text)
        described = type_.fields.get(name)
        if described is None:
            raise NotPrepared("introspection")
        place, bare = _place(f"{type_.name}.{name}", described.type, nodes)
        complete = self._completer(place.called, bare, nodes)
        resolve, waits = self._resolver(described, nodes[0])
        if type_ is self._schema.subscription_type:
            # The stream was opened with its arguments; what it gives is the field's value.
            return Field(key, place, complete)
        return Field(key, place, _answer(resolve, complete, waits=waits))

    def _resolver(
        self, described: GraphQLField, node: FieldNode
    ) -> tuple[Callable[[Any, Info], Any], bool]:
        """Return how a field is resolved, and whether that is waited for."""
        field = field_of(described)
        resolver = field.base_resolver
        if resolver is None:
            name = field.python_name
            return (lambda source, _: getattr(source, name)), False
        if resolver.parent_parameter or resolver.root_parameter:
            raise NotPrepared("a resolver that takes its parent by name")
        info_as = resolver.info_parameter.name if resolver.info_parameter else None
        if info_as not in {None, "info"}:
            raise NotPrepared("a resolver that calls the information by another name")
        gives = self.inputs.arguments(
            described, {argument.name.value: argument.value for argument in node.arguments or ()}
        )
        resolve = _call(
            cast("Callable[..., Any]", resolver.wrapped_func),
            takes_source=resolver.self_parameter is not None,
            takes_info=info_as is not None,
            number=len(self.gives) if gives else None,
        )
        if gives:
            self.gives.append(gives)
        wrap = getattr(described.resolve, "wrap", None)
        return (resolve, field.is_async) if wrap is None else (wrap(resolve), True)

    def _completer(self, called: str, type_: GraphQLOutputType, nodes: list[FieldNode]) -> Complete:
        """Return how a value of a type is completed."""
        if isinstance(type_, GraphQLList):
            place, bare = _place(called, type_.of_type, nodes)
            return _list(place, self._completer(called, bare, nodes))
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return _leaf(type_)
        selections = [node.selection_set.selections for node in nodes if node.selection_set]
        if isinstance(type_, GraphQLObjectType):
            return _object(self.fields(type_, selections))
        assert isinstance(type_, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101 - no other
        objects: dict[type, Complete] = {}
        for possible in self._schema.get_possible_types(type_):
            origin = definition_of(possible).origin
            if origin in objects:
                raise NotPrepared("two types of one class")
            objects[origin] = _object(self.fields(possible, selections))
        return _abstract(type_.name, objects)


def _place(
    called: str, type_: GraphQLOutputType, nodes: list[FieldNode]
) -> tuple[Place, GraphQLOutputType]:
    if isinstance(type_, GraphQLNonNull):
        return Place(called, nullable=False, nodes=nodes), type_.of_type
    return Place(called, nullable=True, nodes=nodes), type_


def _call(
    function: Callable[..., Any], *, takes_source: bool, takes_info: bool, number: int | None
) -> Callable[[Any, Info], Any]:
    """Return how a resolver's function is called for the field of this number."""
    if number is None and takes_source:
        if takes_info:
            return lambda source, info: function(source, info=info)
        return lambda source, _: function(source)

    def call(source: Any, info: Info) -> Any:  # noqa: ANN401 - any field
        given = dict(info.arguments[number]) if number is not None else {}
        if takes_info:
            given["info"] = info
        return function(source, **given) if takes_source else function(**given)

    return call


def _answer(resolve: Callable[[Any, Info], Any], complete: Complete, *, waits: bool) -> Complete:
    if waits:

        async def later(source: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any output
            completed = complete(await resolve(source, info), info, path)
            return await completed if type(completed) is CoroutineType else completed

        return later
    return lambda source, info, path: complete(resolve(source, info), info, path)


def _leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Complete:
    serialize = type_.serialize
    if type_ is GraphQLString or type_.name == GraphQLString.name:
        return lambda value, _, __: (
            value if value is None or type(value) is str else serialize(value)
        )
    if isinstance(type_, GraphQLEnumType):
        names: dict[Any, str] = {}

        def name_of(value: Any, _: Info, __: Path) -> Any:  # noqa: ANN401 - any output
            if value is None:
                return None
            name = names.get(value)
            if name is None:
                name = names[value] = serialize(value)
            return name

        return name_of
    return lambda value, _, __: None if value is None else serialize(value)


def _object(fields: tuple[Field, ...]) -> Complete:
    def complete(source: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any output
        if source is None:
            return None
        data: dict[str | int, Any] = {}
        waiting: list[Waiting] | None = None
        for key, place, answer in fields:
            here: Path = (path, key)
            try:
                value = answer(source, info, here)
            except Exception as error:  # noqa: BLE001 - an answer's error is an answer
                value = error
            if type(value) is CoroutineType:
                data[key] = None
                if waiting is None:
                    waiting = []
                waiting.append((key, place, here, value))
            elif value is None or isinstance(value, Exception):
                data[key] = _settled(place, value, info, here, waiting)
            else:
                data[key] = value
        return data if waiting is None else _finish(data, waiting, info)

    return complete


def _list(place: Place, complete: Complete) -> Complete:
    def complete_all(values: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any output
        if values is None:
            return None
        data: list[Any] = []
        waiting: list[Waiting] | None = None
        for index, item in enumerate(values):
            here: Path = (path, index)
            value = _tried(complete, item, info, here)
            if type(value) is CoroutineType:
                data.append(None)
                if waiting is None:
                    waiting = []
                waiting.append((index, place, here, value))
            else:
                data.append(_settled(place, value, info, here, waiting))
        return data if waiting is None else _finish(data, waiting, info)

    return complete_all


def _abstract(called: str, objects: Mapping[type, Complete]) -> Complete:
    def complete(value: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any output
        if value is None:
            return None
        complete_object = objects.get(type(value))
        if complete_object is None:
            message = f"{type(value).__name__} is none of the types of {called}"
            raise TypeError(message)
        return complete_object(value, info, path)

    return complete


def _tried(complete: Complete, value: Any, info: Info, path: Path) -> Any:  # noqa: ANN401 - any
    try:
        return complete(value, info, path)
    except Exception as error:  # noqa: BLE001 - an answer's error is an answer
        return error


def _settled(
    place: Place,
    value: Any,  # noqa: ANN401 - any output
    info: Info,
    path: Path,
    waiting: Sequence[Waiting] | None,
) -> Any:  # noqa: ANN401 - any output
    """Settle a value beside others that are waited for, which nobody needs if it failed."""
    try:
        return place.settle(value, info, path)
    except GraphQLError:
        _drop(waiting or ())
        raise


def _drop(waiting: Sequence[Waiting]) -> None:
    for _, _, _, awaited in waiting:
        awaited.close()


async def _finish(data: Any, waiting: Sequence[Waiting], info: Info) -> Any:  # noqa: ANN401 - as above
    """Fill the places of an object or a list that had to be waited for, all at once."""
    if not waiting:
        return data
    if len(waiting) == 1:
        ((key, place, path, awaited),) = waiting
        try:
            value = await awaited
        except Exception as error:  # noqa: BLE001 - an answer's error is an answer
            value = error
        data[key] = place.settle(value, info, path)
        return data
    # Every one of them ends before the first that failed is heard of.
    values = await asyncio.gather(*(each[3] for each in waiting), return_exceptions=True)
    failed: GraphQLError | None = None
    for (key, place, path, _), value in zip(waiting, values, strict=True):
        if isinstance(value, BaseException) and not isinstance(value, Exception):
            raise value
        try:
            data[key] = place.settle(value, info, path)
        except GraphQLError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return data


def _steps(path: Path) -> list[str | int]:
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return steps[::-1]
