"""Messages on a socket that no client sends, alone and after one another."""

import json
from collections.abc import Mapping, Sequence
from random import Random

from tests.fuzzing.documents import Document, broken
from tests.fuzzing.siege import Caller

KINDS = ["subscribe", "complete", "ping", "pong", "next", "error", "connection_ack", "start", ""]
NAMES: Sequence[object] = ["1", "1", "2", "", "\0", "\ud800", "x" * 10_000, 1, None, [], {}, True]
PAYLOADS: Sequence[object] = [None, 1, "", [], {}, [{}], {"query": None}, {"query": []}, {"a": {}}]
TICKING = "subscription { notifications { __typename } }"

Wire = str | bytes
INIT: Mapping[str, object] = {"type": "connection_init"}

WRONG: Mapping[str, tuple[Sequence[Wire], int]] = {
    "no JSON": (["{"], 4400),
    "nothing": ([""], 4400),
    "a number": (["1"], 4400),
    "NaN": (['{"type": NaN}'], 4400),
    "a list": (["[]"], 4400),
    "no type": (["{}"], 4400),
    "a type of another type": (['{"type": ["subscribe"]}'], 4400),
    "bytes": ([b'{"type": "connection_init"}'], 4400),
    "deep": (["[" * 100_000], 4400),
    "an odd greeting": (['{"type": "connection_init", "payload": [1]}'], 4400),
    "bad credentials": (['{"type": "connection_init", "payload": {"apiKey": "x"}}'], 4403),
    "no greeting": (['{"type": "subscribe", "id": "1", "payload": {}}'], 4401),
    "two greetings": ([json.dumps(INIT)] * 2, 4429),
    "an unknown type": ([json.dumps(INIT), '{"type": "start"}'], 4400),
    "an unknown type in Greek": ([json.dumps(INIT), '{"type": "ὑπόγραφε"}'], 4400),
    "no id": ([json.dumps(INIT), '{"type": "subscribe", "payload": {"query": "{ a }"}}'], 4400),
    "an empty id": ([json.dumps(INIT), '{"type": "subscribe", "id": "", "payload": {}}'], 4400),
    "no payload": ([json.dumps(INIT), '{"type": "subscribe", "id": "1"}'], 4400),
}
"""What ends a socket, and with which code."""


def random_messages(random: Random, caller: Caller) -> list[Wire]:
    """Return a few messages, after a greeting more often than not."""
    messages: list[Wire] = []
    if random.random() < 0.9:
        messages.append(json.dumps({**INIT, "payload": caller.init_payload}))
    return messages + [_message(random, caller) for _ in range(random.randint(1, 8))]


def _message(random: Random, caller: Caller) -> Wire:
    chance = random.random()
    if chance < 0.04:
        return random.randbytes(random.randrange(60))
    document = Document(random, caller.values(random), sloppy=0.05)
    asked: object = {"query": document.write(), "variables": document.variables}
    payloads: Sequence[object] = [asked, asked, asked, {"query": TICKING}, random.choice(PAYLOADS)]
    message: dict[str, object] = {
        "type": "subscribe" if chance < 0.8 else random.choice(KINDS),
        "id": str(random.randrange(10**6)) if random.random() < 0.7 else random.choice(NAMES),
        "payload": random.choice(payloads),
    }
    if random.random() < 0.05:
        del message[random.choice([*message])]
    text = json.dumps(message)
    return broken(random, text).encode(errors="replace").decode() if chance > 0.95 else text
