"""Random values for every input type of the schema: nearly right ones, and hostile ones.

A value is right in all but a few places, because whatever is wrong everywhere is refused at the
door, and shows nothing of the rooms behind it.
"""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)

from graphql_schema.relay import NodeKind, cursor_of, encode
from tests.residents import identity_number

NEVER_RIGHT = {
    ("DepositInput", "amount"),
    ("FundPrizePoolInput", "amount"),
    ("PurchaseInput", "amount"),
    ("RequestWithdrawalInput", "amount"),
}
"""What would move money if all else is right, in what belongs to the caller."""

RIGHT_AMOUNTS = ["0.01", "1", "2.00", "10.5", "99999.99"]
WRONG_AMOUNTS: Sequence[object] = [
    *["", " ", "0", "0.00", "-0", "-1", "-0.01", "1.001", "0.000", "1e3", "1E-2", "+1", "1.", ".5"],
    *[
        "1,000",
        "1 ",
        " 1",
        "1_0",
        "0x10",
        "NaN",
        "nan",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e999999",
    ],
    *["9" * 17, "9" * 30, "9" * 5_000, "92233720368547758.07", "92233720368547758.08"],
    *["1\0", "１", "٣", "¥1", "1\u200b", "－1", "1/2", "--1", "null"],
    *[0, -1, 1, 0.1, 1e308, 2**70, math.nan, math.inf, -math.inf, True, None, [], ["1"], {}],
]
WRONG_TEXTS: Sequence[str] = [
    *["", " ", "\0", "a\0b", "\x01\x1b[31m\x7f", "\r\n\r\nX-Injected: 1", "\u202etxt", "\ufeff"],
    *[
        "\ud800",
        "\udfff\ud800",
        "\uffff",
        "e\u0301" * 40,
        "👩‍👩‍👧‍👦" * 20,
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
        "İı",
        "ß" * 200,
    ],
    *[
        "x" * 10_000,
        "錢" * 70_000,
        "%s%n%x",
        "${7*7}",
        "{{7*7}}",
        "../../etc/passwd",
        "'; --",
        '"\\',
    ],
    *["null", "NaN", "-1", "1e999", "9" * 400, "true", "[]", "{}", "<b>", "٣", "\\u0000", "\x85"],
]
WRONG_NUMBERS: Sequence[object] = [
    *[0, -1, 101, 2**31 - 1, -(2**31), 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**400],
    *[0.5, -0.0, 1e308, 1e-320, math.nan, math.inf, -math.inf, "1", "", True, None, [1], {}],
]
WRONG_TIMES: Sequence[object] = [
    *["", "now", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z"],
    *["2026-01-01T00:00:00", "2026-01-01T00:00:00+99:99", "2026-01-01 00:00:00Z", "2026-W01-1"],
    *["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z"],
    *[
        "9999-12-31T23:59:59Z",
        "1900-01-01T00:00:00Z",
        "2026-01-01T00:00:60Z",
        "+12026-01-01T00:00Z",
    ],
    *["2026-01-01T00:00:00.1234567890123Z", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00\0Z"],
    *[0, -1, 1e18, math.nan, True, None, [], {}],
]
WRONG_KINDS: Sequence[object] = [
    None,
    True,
    0,
    -1,
    1.5,
    math.nan,
    "",
    [],
    [None],
    {},
    {"a": {}},
    [[]],
]
RIGHT_TEXTS: Mapping[str, Sequence[str]] = {
    "amount": RIGHT_AMOUNTS,
    "birthDate": ["1990-03-07", "2025-01-01"],
    "code": ["31415926", "2026001"],
    "currency": ["CNY", "CNY", "CNY", "USD", "JPY"],
    "holderName": ["王小明", "Li"],
    "numbers": ["01 05 09 12 28 33 + 07"],
    "issuingCountry": ["CHN", "DEU"],
    "phone": ["+8613800000000", "13800000000"],
    **dict.fromkeys(["pin", "currentPin", "newPin"], ("935182",)),
    # Nothing here has a name that somebody would have to be asked about.
    "url": ["https://127.0.0.1/hook", "https://[::1]/", "http://10.0.0.1/", "https://u:p@127.1/"],
    "value": ["1", "4", "30"],
}


NAMED_OTHERWISE = {"purchase": "transaction", "object": "account", "actor": "customer"}


class Bare(str):
    """The name of an enum's value, which stands in a document without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Values:
    """Makes values, from a source of chance.

    Attributes:
        random: The source.
        others: Global ids of what belongs to others.
        own: Of what is the caller's.
        money: What is given wherever there should be an amount of money.
    """

    random: Random
    others: Sequence[str]
    own: Sequence[str] = ()
    money: Mapping[str, object] | None = None

    def arguments(self, given: Mapping[str, Any], owner: str = "") -> dict[str, object]:
        """Return values for the arguments of a field, or the fields of an input object."""
        random = self.random
        risky = {name for name in given if (owner, name) in NEVER_RIGHT}
        if risky and "accountId" in given and random.random() < 0.5:
            return replace(self, own=()).arguments(given)
        # An input that is wrong as a whole shows little.
        odds = [0, 0, 0, 1, 1, 2] if len(given) > 1 else [0] * 9 + [1]
        spoilt = {*random.sample([*given], min(random.choice(odds), len(given))), *risky}
        made: dict[str, object] = {}
        for name, of in given.items():
            may_lack = name in spoilt or not isinstance(of.type, GraphQLNonNull)
            if may_lack and random.random() < (0.8 if name == "after" else 0.3):
                continue
            wrong = name in spoilt
            made[name] = (
                self.wrong(of.type, name, owner)
                if wrong
                else self.right(of.type, owner if name == "id" and owner else name)
            )
        if random.random() < 0.02:
            made[random.choice(["unknown", "__proto__", "id\0", "", "constructor"])] = 1
        return made

    def all_right(self, of: GraphQLInputObjectType) -> dict[str, object]:
        """Return an input that is right in all but the amount, of what is the caller's own."""
        mine = replace(self, others=self.own or self.others)
        needed = {name: it for name, it in of.fields.items() if is_required_input_field(it)}
        return {name: mine.right(it.type, name) for name, it in needed.items()}

    def right(self, of: GraphQLInputType, name: str) -> object:
        """Return a value that looks right."""
        random = self.random
        if isinstance(of, GraphQLNonNull):
            return self.right(of.of_type, name)
        if isinstance(of, GraphQLList):
            count = 1 if self.money else random.randint(1, 3)
            return [self.right(of.of_type, name) for _ in range(count)]
        if self.money and of.name == "MoneyInput":
            return self.money
        if isinstance(of, GraphQLInputObjectType):
            return self.arguments(of.fields, of.name)
        if isinstance(of, GraphQLEnumType):
            return Bare(random.choice([*of.values]))
        makers: Mapping[str, Any] = {
            "Boolean": lambda: random.random() < 0.5,
            "DateTime": self._time,
            "ID": lambda: self._id(name),
            "Int": lambda: random.randint(1, 3),
            "MoneyAmount": lambda: random.choice(RIGHT_AMOUNTS),
        }
        maker = makers.get(of.name)
        return maker() if maker else self._text(name)

    def wrong(self, of: GraphQLInputType, name: str, owner: str = "") -> object:
        """Return a value that is wrong, or at least odd."""
        random = self.random
        if isinstance(of, GraphQLNonNull):
            return self.wrong(of.of_type, name, owner)
        money = getattr(of, "name", "") == "MoneyInput"
        if random.random() < 0.2:
            return random.choice(WRONG_KINDS)
        if money:
            currency = self._text("currency") if random.random() < 0.8 else self.odd()
            return {"amount": random.choice(WRONG_AMOUNTS), "currency": currency}
        if isinstance(of, GraphQLList):
            return random.choice(
                [
                    [],
                    self.wrong(of.of_type, name),
                    [self.wrong(of.of_type, name) for _ in range(3)],
                    [self.right(of.of_type, name)] * random.choice([2, 101]),
                    [self._text(name)] * 2_001,
                ]
            )
        if isinstance(of, GraphQLInputObjectType):
            return {key: self.wrong(each.type, key, of.name) for key, each in of.fields.items()}
        return self._wrong_scalar(of.name)

    def _wrong_scalar(self, kind: str) -> object:
        wrong: Mapping[str, Sequence[object]] = {
            "DateTime": WRONG_TIMES,
            "Int": WRONG_NUMBERS,
            "MoneyAmount": WRONG_AMOUNTS,
            "WholeNumber": WRONG_AMOUNTS,
            "Boolean": ["true", 0, 1, None, "", []],
        }
        if kind == "ID":
            return self._wrong_id()
        return self.random.choice(wrong[kind]) if kind in wrong else self.odd()

    def odd(self) -> str:
        """Return a text that nobody means."""
        random = self.random
        if random.random() < 0.7:
            return random.choice(WRONG_TEXTS)
        return "".join(chr(random.randrange(0x11_0000)) for _ in range(random.randint(1, 80)))

    def _text(self, name: str) -> str:
        random = self.random
        if name in {"after", "before"}:
            kind = random.choice(["event", "transaction", "audit", *(k.lower() for k in NodeKind)])
            places: Sequence[int | UUID] = [
                0,
                -1,
                1,
                2**63,
                2**200,
                UUID(int=random.getrandbits(128)),
            ]
            return cursor_of(kind, random.choice(places))
        if name == "identityNumber":
            return identity_number(random.randrange(19_000))
        if name == "email":
            return f"{random.randrange(10**9)}@players.invalid"
        if name == "recoveryId":
            return str(UUID(int=random.getrandbits(128)))
        if name in RIGHT_TEXTS:
            return random.choice(RIGHT_TEXTS[name])
        return f"{name} {random.randrange(10**9)}"

    def _time(self) -> str:
        moment = datetime.now(UTC) + timedelta(days=self.random.randint(-40, 400))
        return moment.isoformat()

    def _id(self, name: str) -> str:
        """Return the id of something of the kind that a field names, as `cardId` a bank card."""
        named = name.removesuffix("s").removesuffix("Id").lower()
        kinds = [
            kind for kind in NodeKind if kind.lower().endswith(NAMED_OTHERWISE.get(named, named))
        ]
        fitting = [one for one in (*self.others, *self.own) if _kind_of(one) in kinds]
        own = [one for one in fitting if one in self.own]
        some = own if own and self.random.random() < 0.5 else fitting
        return self.random.choice(some or self.others)

    def _wrong_id(self) -> object:
        random = self.random
        kind, made = random.choice([*NodeKind]), UUID(int=random.getrandbits(128))
        known = base64.b64decode(random.choice(self.others)).decode().partition(":")[2]
        forms: Sequence[object] = [
            encode(kind, made),
            encode(kind, known),
            encode(kind, ""),
            encode(kind, "0"),
            encode(kind, f"{{{made}}}"),
            encode(kind, f"{made}\0"),
            encode(kind, str(made).upper()),
            base64.b64encode(b"Nothing:" + str(made).encode()).decode(),
            base64.b64encode(bytes(random.getrandbits(8) for _ in range(40))).decode(),
            str(made),
            random.choice(self.others) + "=",
            random.choice(self.others)[:-3],
            random.getrandbits(70),
            self.odd(),
        ]
        return random.choice(forms)


def _kind_of(global_id: str) -> str:
    return base64.b64decode(global_id).decode().partition(":")[0]


def literal(value: object) -> str:
    """Return a value as it stands in a document."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {literal(each)}' for key, each in value.items())}}}"
    return json.dumps(value)
