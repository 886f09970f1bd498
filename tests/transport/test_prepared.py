"""A prepared operation answers as graphql-core does, whatever is asked and whatever fails."""

# ruff: noqa: D101, D102  the schema's types and fields say nothing but their names

import asyncio
from collections.abc import AsyncGenerator, Callable
from enum import Enum
from typing import Annotated, Any, NewType

import pytest
import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from app.transport import Limits
from app.transport.documents import Documents
from app.transport.execution import Engine
from app.transport.prepared import NotPrepared, Plan, Unfit, prepare

Amount = NewType("Amount", str)


def _amount(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("an amount is a string")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Amount: strawberry.scalar(name="Amount", parse_value=_amount)
}


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Leaf(Named):
    size: int

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return f"{self.name} later"

    @strawberry.field
    async def never(self) -> str:
        await asyncio.sleep(0)
        raise GraphQLError("never", extensions={"code": "NEVER"})

    @strawberry.field
    async def maybe(self) -> str | None:
        await asyncio.sleep(0)
        raise GraphQLError("maybe")

    @strawberry.field
    def empty(self) -> str:
        return None  # type: ignore[return-value]  # what a fault of ours would give


@strawberry.type
class Branch(Named):
    colour: Colour

    @strawberry.field
    def leaves(self, first: int = 2, like: str | None = None) -> list[Leaf]:
        return [Leaf(name=f"{like or self.name}{n}", size=n) for n in range(first)]

    @strawberry.field
    def gaps(self) -> list[Leaf | None]:
        return [Leaf(name="a", size=1), None, Leaf(name="b", size=2)]

    @strawberry.field
    async def parent(self) -> "Branch | None":
        await asyncio.sleep(0)
        return Branch(name=f"{self.name}-up", colour=Colour.BLUE) if len(self.name) < 9 else None


Thing = Annotated[Leaf | Branch, strawberry.union("Thing")]


@strawberry.input
class Part:
    amount: Amount
    colour: Colour = Colour.RED
    note: str | None = None


@strawberry.input
class Order:
    key: str
    parts: list[Part]
    count: int = 3
    tags: list[str] | None = None


def told(order: Order) -> str:
    return repr(order)


class Doubled(FieldExtension):
    def resolve(self, next_: Callable[..., int], source: object, info: object) -> int:  # type: ignore[override]  # as the field takes nothing
        return next_(source, info) * 2


@strawberry.type
class Query:
    @strawberry.field
    async def branch(self, name: str = "oak", colour: Colour = Colour.RED) -> Branch:
        return Branch(name=name, colour=colour)

    @strawberry.field
    def things(self, ids: list[strawberry.ID] | None = None) -> list[Thing | None]:
        wanted = ids if ids is not None else ["leaf", "branch", "none"]
        made: dict[str, Any] = {
            "leaf": Leaf(name="leaf", size=1),
            "branch": Branch(name="branch", colour=Colour.BLUE),
        }
        return [made.get(name) for name in wanted]

    @strawberry.field
    def named(self) -> Named | None:
        return Leaf(name="by interface", size=7)

    @strawberry.field
    def told(self, order: Order) -> str:
        return told(order)

    @strawberry.field
    def fails(self, info: strawberry.Info) -> int:
        raise ValueError(info.context["who"])

    doubled: int = strawberry.field(resolver=lambda: 2, graphql_type=int, extensions=[Doubled()])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def act(self, info: strawberry.Info, order: Order) -> str | None:
        for _ in range(3 - order.count):
            await asyncio.sleep(0)
        info.context["done"].append(order.key)
        if order.key == "bad":
            raise GraphQLError("bad", extensions={"code": "BAD"})
        return ",".join(info.context["done"])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def grows(self, first: int = 3) -> AsyncGenerator[Thing | None, None]:
        made: list[Thing | None] = [
            Leaf(name="leaf", size=1),
            Branch(name="branch", colour=Colour.BLUE),
            None,
        ]
        for thing in made[:first]:
            yield thing

    @strawberry.subscription
    async def counts(self) -> AsyncGenerator[int, None]:
        yield 1
        yield None  # type: ignore[misc]  # what a fault of ours would give
        raise GraphQLError("broken")


SCHEMA = strawberry.Schema(
    Query, Mutation, Subscription, types=[Leaf, Branch], config=StrawberryConfig(scalar_map=SCALARS)
)
CORE = SCHEMA._schema

FRAGMENTS = """
fragment named on Named { name ... on Leaf { size } }
fragment thing on Thing { __typename ...named ... on Branch { colour leaves(first: 1) { name } } }
"""
ORDER = "query Q($order: Order!) { told(order: $order) }"
GOOD_ORDER: dict[str, Any] = {"key": "k", "parts": [{"amount": "1.00", "colour": "BLUE"}]}

ASH = {"n": "ash"}
THINGS = "query($i: [ID!]) { things(ids: $i) { ... on Leaf { later maybe } } }"

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("{ branch { name colour __typename } }", {}),
    ('{ a: branch(name: "elm", colour: BLUE) { name } b: branch { name colour } }', {}),
    ("query($n: String!) { branch(name: $n) { name parent { name parent { name } } } }", ASH),
    ('query($n: String! = "fir") { branch(name: $n) { name } }', {}),
    ('{ branch { leaves(first: 3, like: "x") { name size later } } }', {}),
    ('query($n: Int) { told(order: {key: "k", parts: [], count: $n}) }', {"n": 4}),
    ('query($n: Int! = 1) { told(order: {key: "k", parts: [{amount: "2"}], count: $n}) }', {}),
    ('query($t: String!) { told(order: {key: "k", parts: [], tags: ["a", $t]}) }', {"t": "b"}),
    ("{ branch { gaps { name } leaves { name ...named } } things { ...thing } }" + FRAGMENTS, {}),
    ("{ things { ...thing } named { ...named __typename } }" + FRAGMENTS, {}),
    (THINGS, {"i": ["leaf", "branch"]}),
    (THINGS, {}),
    (THINGS, {"i": None}),
    ("{ things { ... on Leaf { name never } } }", {}),
    ("{ branch { parent { name leaves { never later } } } }", {}),
    ("{ branch { parent { gaps { empty } } } }", {}),
    ("{ branch { gaps { empty name } } named { name } }", {}),
    ("{ branch { leaves { empty later } } }", {}),
    ("{ fails }", {}),
    ("{ named { name } fails branch { name } }", {}),
    (ORDER, {"order": GOOD_ORDER}),
    (ORDER, {"order": GOOD_ORDER | {"count": 1, "tags": ["a"], "parts": []}}),
    (ORDER, {"order": GOOD_ORDER | {"tags": None}, "more": 1}),
    ("mutation($o: Order!) { act(order: $o) }", {"o": GOOD_ORDER}),
    ("mutation($o: Order!, $p: Order!) { a: act(order: $o) b: act(order: $p) c: act(order: $o) }",
     {"o": GOOD_ORDER | {"count": 0}, "p": GOOD_ORDER | {"key": "bad"}}),
]  # fmt: skip

LEFT: list[str] = [
    "{ __schema { queryType { name } } }",
    "query($b: Boolean!) { branch { name @include(if: $b) } }",
    "{ doubled }",
]
"""What is left to graphql-core: introspection, directives, extensions."""

UNFIT: list[dict[str, Any]] = [
    {},
    {"order": None},
    {"order": []},
    {"order": {}},
    {"order": GOOD_ORDER | {"unknown": 1}},
    {"order": GOOD_ORDER | {"key": 1}},
    {"order": GOOD_ORDER | {"key": None}},
    {"order": GOOD_ORDER | {"count": True}},
    {"order": GOOD_ORDER | {"count": 2**31}},
    {"order": GOOD_ORDER | {"parts": [{"amount": 1}]}},
    {"order": GOOD_ORDER | {"parts": [{"amount": "1", "colour": "GREEN"}]}},
    {"order": GOOD_ORDER | {"parts": [None]}},
    {"order": GOOD_ORDER | {"tags": "one"}},
]


HEARD: list[tuple[str, dict[str, Any]]] = [
    ("subscription { grows { ...thing } }" + FRAGMENTS, {}),
    ("subscription($n: Int) { it: grows(first: $n) { ... on Leaf { later maybe } } }", {"n": 2}),
    ("subscription { grows { ... on Leaf { name never } } }", {}),
    ("subscription($n: Int! = 1) { grows { ... on Branch { leaves(first: $n) { name } } } }", {}),
    ("subscription { counts }", {}),
]


def plan_of(text: str) -> Plan:
    document = Documents(CORE, Limits(), suggestions=False).get(text)
    return prepare(CORE, SCHEMA.config, document.choose(None), document.fragments)


def context() -> dict[str, Any]:
    return {"who": "me", "done": []}


async def by_graphql_core(text: str, variables: dict[str, Any]) -> tuple[ExecutionResult, Any]:
    node = parse(text)
    assert validate(CORE, node) == []
    given = context()
    result = execute(CORE, node, context_value=given, variable_values=variables)
    return (result if isinstance(result, ExecutionResult) else await result), given


def shown(result: ExecutionResult) -> object:
    errors = sorted((error.formatted for error in result.errors or ()), key=repr)
    return result.data, errors, list(result.data or ())


@pytest.mark.parametrize(("text", "variables"), ASKED)
async def test_answers_are_those_of_graphql_core(text: str, variables: dict[str, Any]) -> None:
    expected, there = await by_graphql_core(text, variables)
    plan, here = plan_of(text), context()
    for _ in range(2):
        here["done"].clear()
        assert shown(await plan.run(here, plan.read(variables))) == shown(expected)
    assert here == there


async def heard(engine: Engine, text: str, variables: dict[str, Any]) -> list[object]:
    """Return what a subscription tells, to its end."""
    request: Any = {"query": text, "hash": None, "variables": variables, "operation_name": None}
    operation = engine.admit(request)
    assert (operation.plan is not None) is operation.trusted
    answers: list[object] = []
    try:
        async for answer in engine.subscribe(operation, context):
            for error in answer.get("errors", ()):
                error["extensions"].pop("faultId", None)
            answers.append(answer)
    except GraphQLError as broken:
        answers.append(broken.message)
    return answers


@pytest.mark.parametrize(("text", "variables"), HEARD)
async def test_events_are_shown_as_graphql_core_shows_them(
    text: str, variables: dict[str, Any]
) -> None:
    plain = Engine(SCHEMA, Limits(), suggestions=False)
    prepared = Engine(SCHEMA, Limits(), suggestions=False, trusted=[text])
    expected = await heard(plain, text, variables)
    assert expected
    assert await heard(prepared, text, variables) == expected


@pytest.mark.parametrize("text", LEFT)
def test_what_plans_do_not_know_is_left_to_graphql_core(text: str) -> None:
    with pytest.raises(NotPrepared):
        plan_of(text)


@pytest.mark.parametrize("variables", UNFIT)
async def test_variables_that_are_not_plainly_right_are_left_to_graphql_core(
    variables: dict[str, Any],
) -> None:
    with pytest.raises(Unfit):
        plan_of(ORDER).read(variables)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "parts", "count", "tags", "amount", "colour", "note", "x"]),
            below,
            max_size=4,
        )
    ),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {"amount": st.just("1") | JSON}, optional={"colour": st.just("RED") | JSON, "note": JSON}
)
ORDERS = st.fixed_dictionaries(
    {"key": st.just("k") | JSON, "parts": st.lists(PARTS, max_size=2) | JSON},
    optional={"count": st.integers() | JSON, "tags": JSON},
)


@settings(max_examples=150, deadline=None)
@given(ORDERS | JSON)
def test_whatever_is_read_is_read_as_graphql_core_reads_it(order: object) -> None:
    variables = {"order": order}
    expected, _ = asyncio.run(by_graphql_core(ORDER, variables))
    plan = plan_of(ORDER)
    try:
        arguments = plan.read(variables)
    except Unfit:
        return
    assert expected.errors is None
    assert asyncio.run(plan.run(context(), arguments)).data == expected.data


def test_an_operation_is_prepared_when_it_is_asked_for_again() -> None:
    engine = Engine(SCHEMA, Limits(), suggestions=False)
    request: Any = {
        "query": "{ branch { name } }", "hash": None, "variables": None, "operation_name": None
    }  # fmt: skip
    assert engine.admit(request).plan is None
    light = engine.documents._kept_bytes
    assert engine.admit(request).plan is not None
    assert engine.documents._kept_bytes > light
    trusted = Engine(SCHEMA, Limits(), suggestions=False, trusted=[request["query"]])
    assert trusted.admit(request).plan is not None


def test_a_plan_has_an_end() -> None:
    fields = " ".join(f"f{n}: name" for n in range(300))
    deeper = f"branch {{ {fields} parent {{ {fields} }} leaves {{ {fields} }} }}"
    document = parse(f"{{ named {{ {fields} }} a: {deeper} b: {deeper} }}")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    with pytest.raises(NotPrepared, match="too many"):
        prepare(CORE, SCHEMA.config, operation, {})
