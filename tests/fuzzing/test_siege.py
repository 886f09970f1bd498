"""Random documents and values against a running server: no fault, and no change of money.

``COFFER_FUZZ_TIMES`` makes it longer, ``COFFER_FUZZ_SEED`` different.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, get_named_type
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from tests.authorisation.selecting import everything, fields_of, is_composite
from tests.factories import CNY
from tests.fuzzing.documents import MONSTERS, Document, broken
from tests.fuzzing.messages import INIT, TICKING, WRONG, Wire, random_messages
from tests.fuzzing.siege import Caller, Siege
from tests.fuzzing.values import WRONG_AMOUNTS, Values, literal
from tests.permissions import PAGE

DOCUMENTS = 500
ASKED_OF_A_FIELD = 24
BODIES = 150
SOCKETS = 60
ANSWER_S = 30.0
MOVING_MONEY = {
    "deposit": "player",
    "fundPrizePool": "centre",
    "purchase": "platform",
    "requestWithdrawal": "player",
}
"""And who may."""
ENDINGS = {1000, 1003, 1007, 1009, 4400, 4401, 4403, 4409, 4429}
"""What a socket may end with; 1011 would be our own fault."""
QUERIES = {name: of for name, of in fields_of("Query").items() if of.args}
MUTATIONS = fields_of("Mutation")


def test_random_documents(siege: Siege, seed: str, times: int) -> None:
    for number in range(DOCUMENTS * times):
        random = Random(f"{seed} documents {number}")
        caller = random.choice(siege.callers)
        document = Document(random, caller.values(random), sloppy=random.choice([0, 0, 0.1]))
        text = document.write()
        if random.random() < 0.3:
            text = broken(random, text)
        siege.ask(caller, text, document.variables)


@pytest.mark.parametrize("monster", MONSTERS)
def test_monstrous_documents(siege: Siege, monster: str) -> None:
    for caller in siege.callers[:2]:
        siege.ask(caller, MONSTERS[monster])


@pytest.mark.parametrize("name", [*QUERIES, *MUTATIONS])
def test_random_values(siege: Siege, seed: str, times: int, name: str) -> None:
    of = QUERIES.get(name) or MUTATIONS[name]
    kind = "query" if name in QUERIES else "mutation"
    for number in range(ASKED_OF_A_FIELD * times):
        random = Random(f"{seed} {name} {number}")
        # Those who may not come in are refused early: the others are asked more often.
        callers = siege.callers if number % 3 == 0 else allowed(siege, name)
        caller = random.choice(callers)
        given = caller.values(random).arguments(of.args, name)
        document, variables = asking(random, kind, name, of, given)
        siege.ask(caller, document, variables)


def allowed(siege: Siege, name: str) -> Sequence[Caller]:
    """Return those who may ask a field, as the page of permissions says."""
    row = re.search(rf"^\| {name}(?: \(.*?\))? \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert row is not None, name
    cells = row[1].split(" | ")
    may = [caller for caller, cell in zip(siege.callers, cells, strict=True) if cell != "no"]
    return may or siege.callers


@pytest.mark.parametrize(("name", "caller"), [*MOVING_MONEY.items()])
def test_no_wrong_amount_moves_money(siege: Siege, name: str, caller: str) -> None:
    of = MUTATIONS[name]
    (who,) = (one for one in siege.callers if one.name == caller)
    taken = get_named_type(of.args["input"].type)
    assert isinstance(taken, GraphQLInputObjectType)
    for number, amount in enumerate(WRONG_AMOUNTS):
        random = Random(f"{name} {number}")
        money = {"amount": amount, "currency": CNY}
        given = replace(who.values(random), money=money).all_right(taken)
        document, variables = asking(random, "mutation", name, of, {"input": given})
        answer = siege.ask(who, document, variables)
        told = (answer.get("data") or {}).get(name) or {}
        assert not told.get("__typename", "").endswith("Success"), (amount, answer)


def asking(
    random: Random, kind: str, name: str, of: GraphQLField, given: dict[str, object]
) -> tuple[str, dict[str, object]]:
    """Return a document that asks a field, with what it is given as variables or within it."""
    below = get_named_type(of.type)
    selection = f" {{ {everything(below.name, 1)} }}" if is_composite(below) else ""
    if random.random() < 0.2:
        parts = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
        return f"{kind} {{ {name}{f'({parts})' * bool(parts)}{selection} }}", {}
    known = {key: value for key, value in given.items() if key in of.args}
    head = ", ".join(f"${key}: {of.args[key].type}" for key in known)
    passed = ", ".join(f"{key}: ${key}" for key in known)
    return (
        f"{kind} {f'({head})' * bool(head)} {{ {name}{f'({passed})' * bool(passed)}{selection} }}",
        given,
    )


def test_random_bodies(siege: Siege, seed: str, times: int) -> None:
    right = json.dumps({"query": "{ viewer { __typename } }", "variables": {"a": 1}}).encode()
    for number in range(BODIES * times):
        random = Random(f"{seed} bodies {number}")
        siege.send(random.choice(siege.callers), body(random, right))


def body(random: Random, right: bytes) -> bytes:
    """Return what is hardly a request."""
    at = random.randrange(len(right))
    members = ["query", "variables", "operationName", "extensions", "id", "\0"]
    values = Values(random, ["Tm90aGluZzo="])
    chosen = {name: values.odd() for name in random.sample(members, random.randint(0, 4))}
    whole: Sequence[object] = [None, 1, "", [], [[]], {}, chosen, [chosen] * 3, {"query": chosen}]
    ways = [
        random.randbytes(random.randrange(400)),
        right[:at],
        right[:at] + random.randbytes(3) + right[at:],
        right.decode().encode(random.choice(["utf-16", "utf-32", "utf-8-sig"])),
        json.dumps(random.choice(whole)).encode(),
        right.replace(b"1", random.choice([b"NaN", b"-Infinity", b"1e999", b"9" * 5_000, b"01"])),
        b'{"query":' * 2_000,
        b"[" * 100_000,
        b'{"query": "{ viewer { __typename } }", "variables": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"query": "{ viewer { __typename } }", "extensions": {"persistedQuery": ['
        + b"1," * 5_000
        + b"1]}}",
    ]
    return random.choice(ways)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_socket_is_closed_with_the_right_code(siege: Siege, wrong: str) -> None:
    messages, code = WRONG[wrong]
    assert converse(siege, messages) == code


def test_an_id_that_is_taken_closes_the_socket(siege: Siege) -> None:
    partner = next(caller for caller in siege.callers if caller.name == "platform")
    start = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": TICKING}})
    greeting = json.dumps({**INIT, "payload": partner.init_payload})
    assert converse(siege, [greeting, start, start]) == 4409


def test_random_messages(siege: Siege, seed: str, times: int) -> None:
    for number in range(SOCKETS * times):
        random = Random(f"{seed} messages {number}")
        caller = random.choice(siege.callers)
        messages = random_messages(random, caller)
        ending = converse(siege, messages)
        assert ending in {None, *ENDINGS}, (ending, messages)


def converse(siege: Siege, messages: Sequence[Wire]) -> int | None:
    """Send messages on a socket of their own, look at every answer, and return how it was closed.

    It is none where the socket is still open, and answers.
    """
    sent = "".join(map(str, messages))
    with connect(
        siege.coffer.socket_url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        proxy=None,
        close_timeout=ANSWER_S,
    ) as socket:
        try:
            for message in messages:
                socket.send(message)
            socket.send('{"type": "ping"}')
            while look(siege, socket, sent) != "pong":
                pass
        except ConnectionClosed:
            return socket.close_code
        return None


def look(siege: Siege, socket: Connection, sent: str) -> str:
    """Look at the next message, and return its type."""
    told = json.loads(socket.recv(timeout=ANSWER_S))
    siege.look_for_internals(json.dumps(told, ensure_ascii=False), sent)
    if told["type"] == "next":
        siege.look(told["payload"], sent)
    elif told["type"] == "error":
        siege.look({"errors": told["payload"]}, sent)
    else:
        assert told["type"] in {"connection_ack", "complete", "pong"}
    return str(told["type"])
