"""Trusted documents: asked for by their hashes, and by some callers nothing else."""

import json
from typing import Any

import httpx
import pytest

from app.transport import BadRegistry, Limits
from app.transport.documents import Documents
from app.transport.errors import Refused
from app.transport.trusted import decode, encode, hash_of
from tests.transport.server import GRAPHQL_JSON, SCHEMA, Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

ECHO = "query Echo($t: String!) { echo(text: $t) }"
ACT = "mutation Act { act }"
COUNT = "subscription Count { count(to: 1) }"
TRUSTED = (ECHO, ACT, COUNT)
UNKNOWN = hash_of("{ hello }")


def persisted(name: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": name}}


async def post(served: Served, **request: object) -> httpx.Response:
    return await served.http.post("/graphql", json=request, headers={"accept": GRAPHQL_JSON})


def code_of(answer: httpx.Response) -> object:
    return answer.json()["errors"][0]["extensions"]["code"]


async def test_a_hash_stands_for_its_document_over_each_way() -> None:
    by_hash = {"extensions": persisted(hash_of(ECHO)), "variables": {"t": "x"}}
    async with serve(trusted=TRUSTED) as served:
        for request in (by_hash, {**by_hash, "query": ""}, {**by_hash, "query": ECHO}):
            assert (await post(served, **request)).json()["data"] == {"echo": "x"}
        params = {name: json.dumps(value) for name, value in by_hash.items()}
        asked = await served.http.get("/graphql", params=params)
        assert asked.json()["data"] == {"echo": "x"}
        assert (await post(served, extensions=persisted(hash_of(ACT)))).json()["data"] == {"act": 1}
        async with served.socket() as socket:
            await socket.start()
            for name, payload in (
                ("q", by_hash),
                ("s", {"query": "", "extensions": persisted(hash_of(COUNT))}),
            ):
                await socket.send(type="subscribe", id=name, payload=payload)
                assert (await socket.receive())["type"] == "next"
                assert (await socket.receive())["type"] == "complete"


async def test_a_mutation_named_by_get_is_not_run() -> None:
    params = {"extensions": json.dumps(persisted(hash_of(ACT)))}
    async with serve(trusted=TRUSTED) as served:
        assert (await served.http.get("/graphql", params=params)).status_code == 405
        assert served.world.executed == 0


async def test_no_client_registers_anything() -> None:
    async with serve(trusted=TRUSTED) as served:
        unknown = await post(served, extensions=persisted(UNKNOWN))
        assert (unknown.status_code, code_of(unknown)) == (400, "PERSISTED_QUERY_NOT_FOUND")
        # The text beside its hash runs, as any text does; nothing is remembered by its hash.
        both = await post(served, query="{ hello }", extensions=persisted(UNKNOWN))
        assert both.json()["data"] == {"hello": "world"}
        assert code_of(await post(served, extensions=persisted(UNKNOWN))) == code_of(unknown)


async def test_text_and_hash_must_agree() -> None:
    async with serve(trusted=TRUSTED) as served:
        for query, name in ((ECHO, hash_of(ACT)), ("{ hello }", hash_of(ACT)), (ECHO, UNKNOWN)):
            answer = await post(served, query=query, extensions=persisted(name))
            assert (answer.status_code, code_of(answer)) == (400, "BAD_USER_INPUT")
        assert served.world.executed == 0


@pytest.mark.parametrize(
    "extension",
    [
        7,
        {},
        {"version": 1},
        {"version": 2, "sha256Hash": hash_of(ECHO)},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": hash_of(ECHO).upper()},
        {"version": 1, "sha256Hash": hash_of(ECHO)[:-1]},
    ],
)
async def test_what_is_no_hash_is_refused(extension: object) -> None:
    async with serve(trusted=TRUSTED) as served:
        answer = await post(served, extensions={"persistedQuery": extension})
        assert (answer.status_code, code_of(answer)) == (400, "BAD_USER_INPUT")


async def test_who_must_may_ask_with_trusted_documents_alone() -> None:
    async with serve(trusted=TRUSTED, trusted_only={"anonymous"}) as served:
        # Refused before it is read: nobody is told that this does not parse.
        for query in ("{ hello }", "{ nonsense", "{ __schema { types { name } } }"):
            for request in ({"query": query}, {"query": query, "operationName": "Echo"}):
                answer = await post(served, **request)
                assert (answer.status_code, code_of(answer)) == (400, "TRUSTED_DOCUMENT_REQUIRED")
            both = await post(served, query=query, extensions=persisted(hash_of(query)))
            assert code_of(both) == "TRUSTED_DOCUMENT_REQUIRED"
        # The very text of a trusted document is as good as its hash.
        answer = await post(served, query=ECHO, variables={"t": "x"})
        assert answer.json()["data"] == {"echo": "x"}
        other = {"authorization": "Bearer good"}
        free = await served.http.post("/graphql", json={"query": "{ hello }"}, headers=other)
        assert free.json()["data"] == {"hello": "world"}
        async with served.socket() as socket:
            await socket.start()
            await socket.subscribe("1", "subscription { count }")
            refused = (await socket.receive())["payload"][0]
            assert refused["extensions"]["code"] == "TRUSTED_DOCUMENT_REQUIRED"
            await socket.subscribe("1", COUNT)
            assert (await socket.receive())["type"] == "next"


def documents(limits: Limits | None = None, trusted: tuple[str, ...] = TRUSTED) -> Documents:
    return Documents(SCHEMA._schema, limits or Limits(), suggestions=False, trusted=trusted)


async def test_strangers_push_no_trusted_document_out() -> None:
    kept = documents(Limits(cached_documents=2))
    trusted = kept.find(None, hash_of(ECHO), trusted_only=True)
    for number in range(5):
        kept.find(f"{{ a{number}: hello }}", None, trusted_only=False)
    assert len(kept) == 2
    assert kept.find(None, hash_of(ECHO), trusted_only=True) is trusted
    assert kept.find(ECHO, None, trusted_only=True) is trusted
    assert kept.find(ECHO, hash_of(ECHO), trusted_only=False) is trusted
    assert trusted.trusted
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("limits", "text", "reason"),
    [
        ({}, "{ nonsense }", "Cannot query field"),
        ({}, "{", "Syntax Error"),
        ({}, "query A { hello } query B { hello }", "several operations"),
        ({}, "fragment F on Item { name }", "is never used"),
        ({"depth": 1}, "{ item { name } }", "depth is 2"),
        ({"cost": 19}, "{ items { edges { node { name } } } }", "cost is 61"),
        ({"tokens": 4}, "{ hello item { name } }", "tokens is 5"),
        ({"trusted_bytes": 1_000}, "{ hello }", "too much memory"),
    ],
)
async def test_a_document_that_is_not_fit_stops_the_start(
    limits: dict[str, Any], text: str, reason: str
) -> None:
    with pytest.raises(BadRegistry, match=reason):
        documents(Limits(**limits), (text,))


async def test_a_registry_is_read_as_it_was_written() -> None:
    raw = encode(TRUSTED)
    assert decode(raw) == {hash_of(text): text for text in TRUSTED}
    assert encode(reversed([*TRUSTED, *TRUSTED])) == raw
    assert json.loads(raw)["version"] == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "no registry of version 1"),
        (b'{"version": 2, "documents": {}}', "no registry of version 1"),
        (b'{"version": 1, "documents": []}', "no registry of version 1"),
        (b'{"version": 1, "documents": {"%s": 7}}' % UNKNOWN.encode(), "not the hash"),
        (b'{"version": 1, "documents": {"%s": "{ a }"}}' % UNKNOWN.encode(), "not the hash"),
        (b" " * 16_777_217, "at most 16,777,216 are read"),
    ],
)
async def test_a_registry_that_is_none_is_told(raw: bytes, reason: str) -> None:
    with pytest.raises(BadRegistry, match=reason):
        decode(raw)


async def test_an_unfit_text_is_not_kept() -> None:
    kept = documents()
    with pytest.raises(Refused):
        kept.judge("{ nonsense }")
    assert len(kept) == 0
