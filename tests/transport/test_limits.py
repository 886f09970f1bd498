"""Each limit at its edge: the largest passes, one more is refused."""

from typing import Any

import pytest
from graphql import get_introspection_query

from app.transport import Limits
from app.transport.documents import Documents
from app.transport.errors import Refused
from tests.transport.server import SCHEMA, Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGE = "fragment P on Connection { edges { node { ... on Item { name } } } }"
SPREAD = "{ items(first: $n) { ...P } } fragment P on Connection { edges { node { name } } }"
ROWS = "{ edges { node { name } } }"


def nested(depth: int) -> str:
    return "{ item " + "{ child " * (depth - 2) + "{ name }" + " }" * (depth - 1)


def nested_in_fragments(depth: int) -> str:
    parts = [f"fragment F{i} on Item {{ child {{ ...F{i + 1} }} }}" for i in range(depth - 2)]
    parts.append(f"fragment F{depth - 2} on Item {{ ... on Item {{ name }} }}")
    return "{ item { ...F0 } } " + " ".join(parts)


def aliased(count: int) -> str:
    # A fragment's aliases count once, however often it is spread.
    inside = " ".join(f"b{i}: name" for i in range(10))
    outside = " ".join(f"a{i}: hello" for i in range(count - 10))
    return f"{{ {outside} item {{ ...F child {{ ...F }} }} }} fragment F on Item {{ {inside} }}"


def directed(count: int) -> str:
    fields = " ".join("hello @include(if: true)" for _ in range(count - 3))
    return (
        f"{{ {fields} ... @skip(if: false) {{ hello }} ...F @skip(if: false)"
        " } fragment F on Query { item { name @skip(if: true) } }"
    )


def repeated(count: int) -> str:
    inside = "child { name } " * (count - 1)
    return f"{{ item {{ ... {{ {inside} }} ...F }} }} fragment F on Item {{ child {{ name }} }}"


def listed(count: int) -> str:
    return '{ rows(filter: {names: ["x"' + ', "x"' * (count - 1) + "]}) { name } }"


def filtered(depth: int) -> str:
    return "{ rows(filter: " + "{ of: " * (depth - 1) + "{}" + " }" * (depth - 1) + ") { name } }"


def worded(count: int) -> str:
    return "{ " + "hello " * (count - 2) + "}"


@pytest.mark.parametrize(
    ("limit", "name", "maximum", "document"),
    [
        ("tokens", "tokens", 40, worded),
        ("depth", "depth", 12, nested),
        ("depth", "depth", 12, nested_in_fragments),
        ("aliases", "aliases", 30, aliased),
        ("directives", "directives", 50, directed),
        ("repeats", "repeats", 50, repeated),
        ("list_items", "listItems", 900, listed),
        ("input_depth", "inputDepth", 10, filtered),
        ("cost", "cost", 25, lambda n: "{ " + "hello " * n + "}"),
        (
            "root_mutations",
            "rootMutationFields",
            10,
            lambda n: (
                "mutation { act ...F } fragment F on Mutation { "
                + " ".join(f"a{i}: act" for i in range(n - 1))
                + " }"
            ),
        ),
    ],
)
async def test_edges(limit: str, name: str, maximum: int, document: Any) -> None:  # noqa: ANN401
    async with serve(Limits(**{limit: maximum})) as served:
        passed = await served.post(document(maximum))
        assert passed.status_code == 200, passed.text
        assert "errors" not in passed.json()
        done = served.world.executed
        answer = await served.post(document(maximum + 1))
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {
                "message": f"Limit exceeded: {name} is {maximum + 1}, at most {maximum}",
                "extensions": {
                    "code": "LIMIT_EXCEEDED",
                    "limit": name,
                    "value": maximum + 1,
                    "maximum": maximum,
                },
            }
        ]
        assert served.world.executed == done


def rows_of(filter_: object) -> dict[str, object]:
    return {"filter": filter_}


def deep(depth: int) -> dict[str, object]:
    return rows_of({"of": deep(depth - 1)["filter"]} if depth > 1 else {})


@pytest.mark.parametrize(
    ("limit", "name", "maximum", "variables"),
    [
        ("list_items", "listItems", 20, lambda n: rows_of({"names": ["x"] * n})),
        ("list_items", "listItems", 20, lambda n: {**rows_of({}), "unused": [[1], [1] * n]}),
        ("input_depth", "inputDepth", 10, deep),
        ("input_depth", "inputDepth", 2, lambda n: {"unused": [[7]] if n < 3 else [[[7]]]}),
        # The filter, its list, and what is in the list.
        ("input_values", "inputValues", 20, lambda n: rows_of({"names": ["x"] * (n - 2)})),
        ("input_values", "inputValues", 20, lambda n: dict.fromkeys(map(str, range(n)), 7)),
    ],
)
async def test_edges_of_variables(limit: str, name: str, maximum: int, variables: Any) -> None:  # noqa: ANN401
    query = "query($filter: Filter) { rows(filter: $filter) { name } }"
    async with serve(Limits(**{limit: maximum})) as served, served.socket() as socket:
        await socket.start()
        passed = await served.post(query, variables=variables(maximum))
        assert "errors" not in passed.json(), passed.text
        await socket.subscribe("1", query, variables=variables(maximum))
        assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
        answer = await served.post(query, variables=variables(maximum + 1))
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": name,
            "value": maximum + 1,
            "maximum": maximum,
        }
        await socket.subscribe("1", query, variables=variables(maximum + 1))
        assert (await socket.receive())["payload"] == [error]


async def test_what_nobody_can_nest_is_refused_unread(served: Served) -> None:
    variables = "[" * 1_000 + "]" * 1_000
    body = '{"query": "{ hello }", "variables": {"a": %s}}' % variables  # noqa: UP031  braces
    headers = {"content-type": "application/json"}
    answer = await served.http.post("/graphql", content=body, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["limit"] == "inputDepth"
    for query in ("{ rows(filter: " + "[" * 900 + ") { name } }", "{ item " * 900 + "}" * 900):
        answer = await served.post(query)
        assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_comments_are_bounded_too(served: Served) -> None:
    assert (await served.post("#\n" * 2_000 + "{ hello }")).status_code == 200
    answer = await served.post("#\n" * 2_001 + "{ hello }")
    assert answer.json()["errors"][0]["extensions"]["limit"] == "comments"


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ hello }", None, 1),
        ("{ item { name child { name } } }", None, 4),
        (f"{{ items(first: 10) {ROWS} }}", None, 1 + 10 * 3),
        (f"{{ items(last: 7) {ROWS} }}", None, 1 + 7 * 3),
        (f"{{ items {ROWS} }}", None, 1 + 20 * 3),
        (f"{{ items(first: null) {ROWS} }}", None, 1 + 20 * 3),
        (f"{{ items(first: 0) {ROWS} }}", None, 1),
        (f"{{ pages {ROWS} }}", None, 1 + 5 * 3),
        (f"query($n: Int) {{ items(first: $n) {ROWS} }}", {"n": 4}, 1 + 4 * 3),
        (f"query($n: Int) {{ items(first: $n) {ROWS} }}", {"n": 4.0}, 1 + 4 * 3),
        (f"query($n: Int = 6) {{ items(first: $n) {ROWS} }}", None, 1 + 6 * 3),
        (f"query($n: Int) {{ items(first: $n) {ROWS} }}", None, 1 + 20 * 3),
        (f"query($n: Int) {{ items(first: $n) {ROWS} }}", {"n": None}, 1 + 20 * 3),
        (
            f"query($n: Int) {{ ...Q }} fragment Q on Query {{ items(first: $n) {ROWS} }}",
            {"n": 4},
            13,
        ),
        (
            f"query($n: Int = 6) {{ ...Q }} fragment Q on Query {{ pages(first: $n) {ROWS} }}",
            None,
            19,
        ),
        ('{ rows(filter: {names: ["a", "b", "c"]}) { name } }', None, 1 + 3),
        (
            '{ rows(filter: {of: {names: ["a", "b"], of: {}}}) { name child { name } } }',
            None,
            1 + 2 * 3,
        ),
        ("{ rows { name } }", None, 1 + 1),
        ("{ rows(filter: {names: []}) { name } }", None, 1 + 1),
        (
            "query($f: Filter) { rows(filter: $f) { name } }",
            {"f": {"names": ["a", "b"], "of": {"names": ["a"] * 5}}},
            1 + 5,
        ),
        (
            "query($n: [String!]!) { rows(filter: {names: $n}) { name } }",
            {"n": ["a"] * 4},
            1 + 4,
        ),
        ('query($n: [String!]! = ["a", "b"]) { rows(filter: {names: $n}) { name } }', None, 1 + 2),
        ("query($n: [String!]!) { rows(filter: {names: $n}) { name } }", {"n": "a"}, 1 + 1),
        (
            f"{{ items(first: 3) {{ edges {{ node {{ items(first: 2) {ROWS} }} }} }} }}",
            None,
            1 + 3 * (2 + 1 + 2 * 3),
        ),
        (
            f"{{ items(first: 3) {{ ...P }} again: items(first: 2) {{ ...P }} }} {PAGE}",
            None,
            1 + 3 * 3 + 1 + 2 * 3,
        ),
    ],
)
async def test_cost(
    served: Served, query: str, variables: dict[str, object] | None, cost: int
) -> None:
    answer = await served.post(query, variables=variables)
    assert answer.json()["extensions"] == {"cost": cost}, answer.text


async def test_cost_follows_variables_of_one_document() -> None:
    query = f"query($n: Int) {{ items(first: $n) {ROWS} }}"
    async with serve(Limits(cost=1 + 8 * 3)) as served:
        for n, status in ((8, 200), (9, 400), (8, 200)):
            assert (await served.post(query, variables={"n": n})).status_code == status


async def test_cost_follows_lists_in_the_variables_of_one_document() -> None:
    query = "query($f: Filter, $t: String!) { rows(filter: $f) { name } echo(text: $t) }"
    async with serve(Limits(cost=2 + 8)) as served:
        for count, status in ((8, 200), (9, 400), (8, 200)):
            variables = {"f": {"names": ["x"] * count}, "t": str(count)}
            assert (await served.post(query, variables=variables)).status_code == status


async def test_an_operation_is_walked_once_for_what_its_cost_depends_on() -> None:
    documents = Documents(SCHEMA._schema, Limits(), suggestions=False)
    text = f"query($n: Int, $t: String!) {{ items(first: $n) {ROWS} echo(text: $t) }}"
    document = documents.get(text)
    operation = document.choose(None)
    documents.admit(document, operation, {"n": 1, "t": "first"})
    known = documents.admit(document, operation, {"n": 1, "t": "second"})
    assert documents.admit(document, operation, {"n": 1, "t": "third"}) is known
    assert documents.admit(document, operation, {"n": 2, "t": "third"}) is not known
    for n in range(200):
        documents.admit(document, operation, {"n": n, "t": ""})
    assert len(document.measures) <= 50


async def test_costs_beyond_numbers_are_refused(served: Served) -> None:
    page = "items(first: 2147483647) { edges { node { "
    answer = await served.post("{ " + page * 3 + "name" + " } } }" * 3 + " }")
    assert answer.json()["errors"][0]["extensions"]["value"] == 2**31 - 1


async def test_fragments_that_double_are_measured_at_once() -> None:
    parts = [f"fragment F{i} on Item {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60)]
    query = "{ item { ...F0 } } " + " ".join(parts) + " fragment F60 on Item { name }"
    async with serve() as served:
        answer = await served.post(query)
    assert answer.json()["errors"][0]["extensions"]["limit"] == "cost"


async def test_cycles_are_refused_before_they_are_walked(served: Served) -> None:
    answer = await served.post("{ item { ...F } } fragment F on Item { child { ...F } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_introspection_passes(served: Served) -> None:
    answer = await served.post(get_introspection_query(input_value_deprecation=True))
    assert answer.status_code == 200
    assert "errors" not in answer.json()


async def test_limits_hold_on_sockets_too(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("1", nested(13))
        answer = await socket.receive()
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert answer["payload"][0]["extensions"]["limit"] == "depth"
        await socket.subscribe("2", f"{{ items(first: 10) {ROWS} }}")
        assert (await socket.receive())["payload"]["extensions"] == {"cost": 31}


async def test_documents_are_kept_by_text_and_bounded() -> None:
    schema = SCHEMA._schema
    documents = Documents(schema, Limits(cached_documents=2), suggestions=False)
    first = documents.get("{ a: hello }")
    documents.get("{ b: hello }")
    assert documents.get("{ a: hello }") is first
    documents.get("{ c: hello }")
    assert len(documents) == 2
    assert documents.get("{ a: hello }") is first
    with pytest.raises(Refused):
        documents.get("{ nothing }")
    assert len(documents) == 2

    small = Documents(schema, Limits(cached_bytes=first.weight_bytes), suggestions=False)
    kept = small.get("{ a: hello }")
    assert small.get("{ a: hello }") is kept
    small.get("{ b: hello }")
    assert len(small) == 1
    assert small.get("{ a: hello }") is not kept
    small.get("{ " + "hello " * 50 + "}")
    assert len(small) == 0
