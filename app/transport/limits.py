"""What a document may ask for: measured in one walk, before anything runs.

Cost is the number of fields the answer could hold: every field counts one, a connection multiplies
what lies below it by its page (``first`` or ``last``), and a field that is given a list multiplies
it by the list's length. Of fragments on different types an object takes those that fit, so the type
that costs most counts. Fragments count each time they are spread for depth, root fields and cost,
and once for aliases, directives and what stands in their arguments.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    type_from_ast,
)

from app.transport.errors import LIMIT_EXCEEDED, Refused, refusal

_GRAPHQL_INT_MAX = 2**31 - 1
_PAGE_ARGUMENTS = ("first", "last")
_INTROSPECTION_ROOTS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one caller may ask for at once. Each figure is the largest that passes."""

    body_bytes: int = 1_048_576
    """Of an HTTP body, and of one message on a socket."""
    tokens: int = 2_000
    """Of a document; as many comments on top."""
    depth: int = 12
    """Of nested fields, introspection left out."""
    aliases: int = 30
    directives: int = 50
    root_mutations: int = 10
    """Mutation fields of one operation."""
    repeats: int = 50
    """Fields of one name in a document that have fields below them: validation compares them all
    with each other."""
    list_items: int = 2_000
    """Of any list that is given, in variables or in the document; above what any input takes, which
    then says so itself."""
    input_depth: int = 10
    """Of lists and objects within each other that are given."""
    input_values: int = 20_000
    """In the variables of one request."""
    cost: int = 10_000
    cost_per_unit: int = 100
    """An operation takes a unit of its caller's rate, and one more for so much of cost."""
    characters_per_unit: int = 500
    """The same for so much of a document that was not read yet."""
    default_page: int = 20
    """Rows that a connection counts for when nobody says ``first`` or ``last``."""
    socket_operations: int = 100
    """Running at the same time on one socket."""
    operation_seconds: float = 30.0
    """How long a query, a mutation or the opening of a subscription may take."""
    connection_init_seconds: float = 10.0
    """How long a socket may stay silent before it says who it is."""
    recheck_seconds: float = 25.0
    """How often a socket's actor is checked again."""
    send_seconds: float = 30.0
    """How long a reader may block one message before its socket is dropped."""
    cached_documents: int = 1_000
    cached_bytes: int = 33_554_432
    """Of parsed documents in memory, estimated."""
    trusted_bytes: int = 134_217_728
    """Of parsed trusted documents, which stay."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What an operation asks for. ``cost`` holds for these values of the variables ``counted``."""

    depth: int
    aliases: int
    directives: int
    root_fields: int
    list_items: int
    input_depth: int
    introspects: bool
    cost: int
    counted: tuple[str, ...]


def measure(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, object],
    default_page: int,
) -> Measure:
    """Measure a *validated* operation (cycles of fragments would never end)."""
    root = schema.get_root_type(operation.operation)
    if root is None:  # pragma: no cover  validation refused it
        raise TypeError(operation.operation)
    walk = _Walk(schema, fragments, variables, default_page)
    walk.declare(*(operation.variable_definitions or ()))
    walk.count_directives(operation)
    size = walk.selections(operation.selection_set, root)
    return Measure(
        depth=size.depth,
        aliases=walk.aliases,
        directives=walk.directives,
        root_fields=size.fields,
        list_items=walk.list_items,
        input_depth=walk.input_depth,
        introspects=walk.introspects,
        cost=size.cost,
        counted=tuple(walk.counted),
    )


def check_shape(found: Measure, kind: OperationType, limits: Limits) -> None:
    """Check what no variable can change.

    Raises:
        Refused: with ``LIMIT_EXCEEDED``, naming the first limit that is exceeded.
    """
    check("depth", found.depth, limits.depth)
    check("aliases", found.aliases, limits.aliases)
    check("directives", found.directives, limits.directives)
    check("listItems", found.list_items, limits.list_items)
    check("inputDepth", found.input_depth, limits.input_depth)
    if kind is OperationType.MUTATION:
        check("rootMutationFields", found.root_fields, limits.root_mutations)


def check_repeats(document: DocumentNode, limits: Limits) -> None:
    """Check a document that is not validated yet.

    Raises:
        Refused: with ``LIMIT_EXCEEDED``.
    """
    counts: Counter[str] = Counter()
    open_sets = [
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, ExecutableDefinitionNode)
    ]
    while open_sets:
        for node in open_sets.pop().selections:
            below = getattr(node, "selection_set", None)
            if below is None:
                continue
            open_sets.append(below)
            if isinstance(node, FieldNode):
                counts[(node.alias or node.name).value] += 1
    check("repeats", max(counts.values(), default=0), limits.repeats)


def check_variables(variables: Mapping[str, object], limits: Limits) -> None:
    """Check what came as variables, before anything reads them.

    Raises:
        Refused: with ``LIMIT_EXCEEDED``, naming the first limit that is exceeded.
    """
    level: list[object] = [*variables.values()]
    values = len(level)
    depth = 0
    while level:
        below: list[object] = []
        nested = False
        for value in level:
            if type(value) is dict:
                below.extend(value.values())
            elif type(value) is list:
                check("listItems", len(value), limits.list_items)
                below.extend(value)
            else:
                continue
            nested = True
        depth += nested
        values += len(below)
        check("inputDepth", depth, limits.input_depth)
        check("inputValues", values, limits.input_values)
        level = below


def longest_list(value: object) -> int:
    """The length of the longest list in a value that was given."""
    longest = 0
    level: list[object] = [value]
    while level:
        below: list[object] = []
        for each in level:
            if type(each) is dict:
                below.extend(each.values())
            elif type(each) is list:
                longest = max(longest, len(each))
                below.extend(each)
        level = below
    return longest


def check(limit: str, value: int, maximum: int) -> None:
    """Check one figure.

    Raises:
        Refused: with ``LIMIT_EXCEEDED``, the limit, the value found and the largest allowed.
    """
    if value > maximum:
        raise exceeded(limit, value, maximum)


def exceeded(limit: str, value: int, maximum: int) -> Refused:
    """The request error for a figure above its limit, to be raised."""
    return refusal(
        f"Limit exceeded: {limit} is {value}, at most {maximum}",
        LIMIT_EXCEEDED,
        limit=limit,
        # Nested pages multiply beyond what JSON readers hold in a number.
        value=min(value, _GRAPHQL_INT_MAX),
        maximum=maximum,
    )


class _MayHaveDirectives(Protocol):
    @property
    def directives(self) -> tuple[DirectiveNode, ...] | None: ...


class _Size(NamedTuple):
    depth: int
    cost: int
    fields: int


class _Walk:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, object],
        default_page: int,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._default_page = default_page
        # Fragments that spread each other twice would double the walk at each step.
        self._sizes: dict[str, _Size] = {}
        self.aliases = 0
        self.directives = 0
        self.list_items = 0
        self.input_depth = 0
        self.introspects = False
        self._listed: set[str] = set()
        self.counted: dict[str, None] = {}
        """The variables that the cost depends on, each once."""

    def declare(self, *definitions: VariableDefinitionNode) -> None:
        self.count_directives(*definitions)
        for definition in definitions:
            self.weigh(definition.default_value)
            if self._may_hold_list(type_from_ast(self._schema, definition.type)):
                self._listed.add(definition.variable.name.value)

    def count_directives(self, *nodes: _MayHaveDirectives) -> None:
        for node in nodes:
            for directive in node.directives or ():
                self.directives += 1
                for argument in directive.arguments or ():
                    self.weigh(argument.value)

    def weigh(self, value: ValueNode | None, depth: int = 1) -> int:
        """Note how large a value in the document is, and return its longest list's length."""
        if isinstance(value, VariableNode):
            listed = value.name.value in self._listed
            return longest_list(self._given(value)) if listed else 0
        if isinstance(value, ListValueNode):
            longest = len(value.values)
            self.list_items = max(self.list_items, longest)
            inside = value.values
        elif isinstance(value, ObjectValueNode):
            longest = 0
            inside = tuple(field.value for field in value.fields)
        else:
            return 0
        self.input_depth = max(self.input_depth, depth)
        return max(longest, max((self.weigh(one, depth + 1) for one in inside), default=0))

    def selections(self, chosen: SelectionSetNode, parent: GraphQLNamedType) -> _Size:
        depth = cost = fields = 0
        by_type: dict[str, int] = {}
        self.count_directives(*chosen.selections)
        for node in chosen.selections:
            size = self._selection(node, parent)
            depth = max(depth, size.depth)
            fields += size.fields
            fitting = self._fitting(node, parent)
            if fitting is None:
                cost += size.cost
            else:
                for name in fitting:
                    by_type[name] = by_type.get(name, 0) + size.cost
        return _Size(depth, cost + max(by_type.values(), default=0), fields)

    def _fitting(self, node: SelectionNode, parent: GraphQLNamedType) -> set[str] | None:
        """The object types of an abstract parent that a fragment fits; None where it fits all."""
        if not is_abstract_type(parent):
            return None
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
        elif isinstance(node, FragmentSpreadNode):
            condition = self._fragments[node.name.value].type_condition
        else:
            condition = None
        if condition is None:
            return None
        fits = self._type(condition.name.value)
        possible = self._schema.get_possible_types(fits) if is_abstract_type(fits) else (fits,)
        return {fitting.name for fitting in possible}

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType) -> _Size:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            return self.selections(
                node.selection_set, self._type(condition.name.value) if condition else parent
            )
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        raise TypeError(node)  # pragma: no cover

    def _fragment(self, name: str) -> _Size:
        size = self._sizes.get(name)
        if size is None:
            fragment = self._fragments[name]
            self.count_directives(fragment)
            size = self.selections(
                fragment.selection_set, self._type(fragment.type_condition.name.value)
            )
            self._sizes[name] = size
        return size

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> _Size:
        if node.alias:
            self.aliases += 1
        name = node.name.value
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        longest = max((self.weigh(value) for value in given.values()), default=0)
        field = self._schema.get_field(cast("GraphQLCompositeType", parent), name)
        if node.selection_set is None or field is None:
            return _Size(1, 1, 1)
        below = self.selections(node.selection_set, get_named_type(field.type))
        depth = below.depth
        if name in _INTROSPECTION_ROOTS:
            self.introspects, depth = True, 0
        rows = self._page(given, field)
        return _Size(depth + 1, 1 + (max(1, longest) if rows is None else rows) * below.cost, 1)

    def _page(self, given: Mapping[str, ValueNode], field: GraphQLField) -> int | None:
        """How many rows a connection may bring; None for any other field."""
        known = [name for name in _PAGE_ARGUMENTS if name in field.args]
        if not known:
            return None
        counts = [self._count(given.get(name), field.args[name]) for name in known]
        return max((count for count in counts if count is not None), default=self._default_page)

    def _count(self, value: ValueNode | None, argument: GraphQLArgument) -> int | None:
        if isinstance(value, IntValueNode):
            return max(0, int(value.value))
        count: object = None
        if isinstance(value, VariableNode):
            count = self._given(value)
        if value is None or count is Undefined:
            count = argument.default.value if argument.default else argument.default_value
        return max(0, count) if isinstance(count, int) else None

    def _may_hold_list(self, type_: object, *around: object) -> bool:
        if is_non_null_type(type_):
            return self._may_hold_list(type_.of_type, *around)
        if is_input_object_type(type_) and type_ not in around:
            fields = type_.fields.values()
            return any(self._may_hold_list(field.type, type_, *around) for field in fields)
        return is_list_type(type_)

    def _given(self, variable: VariableNode) -> object:
        name = variable.name.value
        self.counted[name] = None
        return self._variables.get(name, Undefined)

    def _type(self, name: str) -> GraphQLNamedType:
        return self._schema.type_map[name]
