"""Random documents, made by walking the schema: right ones, and those with something broken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from resolvers.schema import schema
from tests.authorisation.selecting import is_composite
from tests.fuzzing.values import Values, literal

GRAPHQL = schema._schema
ROOTS: Mapping[str, GraphQLObjectType | None] = {
    "query": GRAPHQL.query_type,
    "mutation": GRAPHQL.mutation_type,
    "subscription": GRAPHQL.subscription_type,
}
FIELDS_MAX = 60
DEPTH_MAX = 9
WRONG_FIELDS = ["nothing", "__typename { a }", "id(a: 1)", "_", "__schema", "a: __typename"]
WRONG_DIRECTIVES = ["@skip", "@skip(if: 1)", "@include(if: $none)", "@nothing", "@defer", "@stream"]
WRONG_SPREADS = ["...Nothing", "... on Nothing { a }", "... on String { a }", "...Own", "... { }"]
NOISE = [
    "\0",
    "{",
    "}",
    "(",
    ")",
    "$",
    "...",
    '"',
    '"""',
    "#",
    "\ufeff",
    "💰",
    "\x1b",
    "&",
    "\ud800",
]


@dataclass(slots=True)
class Document:
    """One document on its way, and the variables that belong to it.

    Attributes:
        random: The source of chance.
        values: Makes what fields are given.
        sloppy: How often a step is wrong.
    """

    random: Random
    values: Values
    sloppy: float = 0.0
    variables: dict[str, object] = field(default_factory=dict)
    _declared: dict[str, str] = field(default_factory=dict)
    _fragments: list[str] = field(default_factory=list)
    _left: int = FIELDS_MAX

    def write(self) -> str:
        """Return the text."""
        kind = self.random.choice(["query"] * 8 + ["mutation", "subscription"])
        root = ROOTS[kind]
        assert root is not None
        chosen = self._selection(root, 0)
        declared = ", ".join(f"${name}: {of}" for name, of in self._declared.items())
        head = f"{kind} Random{f'({declared})' if declared else ''}"
        return "\n".join([f"{head} {{ {chosen} }}", *self._fragments])

    def _selection(self, of: GraphQLNamedType, depth: int) -> str:
        """Return what is asked of a type; at least its name."""
        random = self.random
        parts = ["__typename"] if random.random() < 0.3 else []
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            wanted = random.sample([*of.fields.items()], min(len(of.fields), random.randint(1, 5)))
            for name, each in wanted:
                if self._left > 0 and (
                    depth < DEPTH_MAX or not is_composite(get_named_type(each.type))
                ):
                    parts.append(self._field(name, each, depth))
        if isinstance(of, GraphQLUnionType | GraphQLInterfaceType):
            types = [*GRAPHQL.get_possible_types(of)]
            some = random.sample(types, min(len(types), 3))
            parts += [self._spread(one, depth) for one in some]
        if random.random() < self.sloppy:
            parts.append(random.choice([*WRONG_FIELDS, *WRONG_SPREADS]))
        return " ".join(parts) or "__typename"

    def _field(self, name: str, of: GraphQLField, depth: int) -> str:
        self._left -= 1
        random = self.random
        # Without an alias, fields of different types would contradict each other.
        alias = f"a{self._left}: " if of.args or random.random() < 0.2 else ""
        given = self._arguments(of) if of.args else ""
        below = get_named_type(of.type)
        chosen = f" {{ {self._selection(below, depth + 1)} }}" if is_composite(below) else ""
        if random.random() < self.sloppy / 4:
            chosen = "" if chosen else " { id }"
        return f"{alias}{name}{given}{self._directive()}{chosen}"

    def _arguments(self, of: GraphQLField) -> str:
        parts = []
        for name, value in self.values.arguments(of.args).items():
            if name in of.args and self.random.random() < 0.4:
                variable = f"v{len(self._declared)}"
                self._declared[variable] = str(of.args[name].type)
                self.variables[variable] = value
                parts.append(f"{name}: ${variable}")
            else:
                parts.append(f"{name}: {literal(value)}")
        return f"({', '.join(parts)})" if parts else ""

    def _directive(self) -> str:
        chance = self.random.random()
        if chance < self.sloppy / 4:
            return f" {self.random.choice(WRONG_DIRECTIVES)}"
        return self.random.choice([" @include(if: true)", " @skip(if: false)"]) * (chance > 0.95)

    def _spread(self, of: GraphQLObjectType, depth: int) -> str:
        chosen = self._selection(of, depth) if self._left > 0 else "__typename"
        if self.random.random() < 0.5:
            return f"... on {of.name} {{ {chosen} }}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {of.name} {{ {chosen} }}")
        return f"...{name}"


def broken(random: Random, text: str) -> str:
    """Return a document with something torn out, doubled, put in, or moved."""
    at, to = sorted((random.randrange(len(text)), random.randrange(len(text))))
    ways: Sequence[Callable[[], str]] = [
        lambda: text[:at] + text[to:],
        lambda: text[:to] + text[at:],
        lambda: text[:at] + random.choice(NOISE) + text[at:],
        lambda: text[:at] + text[at:to][::-1] + text[to:],
        lambda: text[:at],
        lambda: text * 2,
    ]
    return random.choice(ways)()


MONSTERS: Mapping[str, str] = {
    "nothing": "",
    "blank": " \n\t,,,",
    "zero": "\0",
    "mark": "\ufeff{ viewer { __typename } }",
    "no fields": "{ }",
    "deep": "{ node " * 990 + "}" * 990,
    "deeper than the tokens": "{a" * 100_000,
    "deep list": "{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }",
    "deep object": "{ nodes(ids: " + "{a:" * 600 + "1" + "}" * 600 + ") { id } }",
    "deep type": "query ($a: " + "[" * 900 + "ID" + "]" * 900 + ") { viewer { __typename } }",
    "wide": "{ " + "viewer { __typename } " * 400 + "}",
    "aliases": "{ " + " ".join(f"a{n}: viewer {{ __typename }}" for n in range(300)) + " }",
    "directives": "{ viewer " + "@skip(if: false) " * 300 + "{ __typename } }",
    "cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "own cycle": "{ ...A } fragment A on Query { viewer { ...A } }",
    "twice": "query A { viewer { __typename } } query A { viewer { __typename } }",
    "two": "query A { viewer { __typename } } query B { viewer { __typename } }",
    "fragments alone": "fragment A on Query { viewer { __typename } }",
    "a schema": "type Query { a: Int }",
    "an extension": "extend type Query { a: Int }",
    "long name": "{ " + "a" * 500_000 + " }",
    "long string": '{ node(id: "' + "a" * 500_000 + '") { id } }',
    "long number": "{ feed(first: " + "9" * 5_000 + ") { edges { cursor } } }",
    "long fraction": "{ feed(first: 1e" + "9" * 300 + ") { edges { cursor } } }",
    "lone half": '{ node(id: "\\ud800") { id } }',
    "no such point": '{ node(id: "\\u{110000}") { id } }',
    "a long comment": "#" + "x" * 600_000,
    "comments": "#\n" * 50_000 + "{ viewer { __typename } }",
    "blocks": '{ node(id: """' + " \n" * 100_000 + '""") { id } }',
    "introspection in itself": "{ __schema { types "
    + "{ fields { type " * 60
    + "{ name }"
    + "} }" * 60
    + " } }",
    "everything twice over": "{" + "...A " * 90 + "} fragment A on Query {" + "...B " * 90 + "} "
    "fragment B on Query { viewer { __typename } }",
    "too many operations": " ".join(
        f"query Q{n} {{ viewer {{ __typename }} }}" for n in range(300)
    ),
    "defaults": "query ($a: ID! = {a: [null]}) { node(id: $a) { id } }",
    "a variable of an object": "query ($a: Query) { viewer { __typename } }",
}
"""Documents that no front end writes."""
