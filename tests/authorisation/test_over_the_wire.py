"""The table, and whatever ends somebody's access, before a running server in both set-ups."""

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.authorisation.world import Column
from tests.permissions import PAGE
from tests.serving.graphql import WHO, ask, body, client
from tests.stories.coffer import Coffer, coffer_on

SOON_S = 15.0
"""Much less than the 25 s after which a socket looks after its caller by itself."""
KNOWN_S = 1.0
"""For how long a process may know a key that was revoked in another."""
FORBIDDEN = 4403
EACH = 3
"""How many sockets each caller has: enough that each process has some."""

ASKED = """{ sessions { id } suspense { edges { cursor } } draws { edges { cursor } }
  partners { edges { cursor } } prizePool { balance { amount } } apiKeys { edges { cursor } }
  webhooks { edges { cursor } } feed { edges { cursor } } ledgerPosition { currency }
  parameters { name } staff { edges { cursor } } roles { edges { cursor } }
  auditLog { edges { cursor } } }"""
"""Queries that need nothing, of which the table says who may ask them."""

SIGN_IN = """mutation ($input: SignInInput!) { signIn(input: $input) {
  ... on SignInSuccess { token refreshToken } ... on Refusal { code } } }"""
FOLLOW = "subscription { notifications(kinds: [DRAW_OPENED]) { __typename } }"

Headers = dict[str, str]


@dataclass(slots=True)
class Person:
    """Somebody who signs in, as often as they like."""

    http: httpx.AsyncClient
    email: str
    password: str
    kind: str = "CUSTOMER"

    async def sign_in(self) -> dict[str, str]:
        """Sign in, and return the tokens."""
        given = {"email": self.email, "password": self.password, "as": self.kind}
        tokens: dict[str, str] = await ask(self.http, SIGN_IN, given)
        return tokens


@dataclass(slots=True)
class Listener:
    """A caller with sockets that hear of draws."""

    headers: Headers
    sockets: list[ClientConnection] = field(default_factory=list)

    async def listen(self, url: str) -> None:
        """Open the sockets, and subscribe."""
        for number in range(EACH):
            socket = await connect(
                url,
                subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # a string
                proxy=None,
                additional_headers=self.headers,
            )
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            subscribe = {"id": str(number), "type": "subscribe", "payload": {"query": FOLLOW}}
            await socket.send(json.dumps(subscribe))
            self.sockets.append(socket)

    async def is_out(self) -> None:
        """Wait until all sockets are closed, and see that nothing was told on them."""
        for socket in self.sockets:
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(SOON_S):
                    await socket.recv()
            assert socket.close_code == FORBIDDEN

    async def hears(self) -> None:
        """Wait until all sockets were told of a draw."""
        for socket in self.sockets:
            async with asyncio.timeout(SOON_S):
                told = json.loads(await socket.recv())
            assert told["payload"]["data"]["notifications"] == {"__typename": "DrawEvent"}
            await socket.close()


def bearer(tokens: dict[str, str]) -> Headers:
    return {"authorization": f"Bearer {tokens['token']}"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server, and who calls it."""

    coffer: Coffer
    http: httpx.AsyncClient
    administrator: Headers
    platform: Headers
    centre: Headers

    async def do(self, headers: Headers, mutation: str, wanted: str = "", **given: Any) -> Any:  # noqa: ANN401 - JSON
        """Run a mutation that succeeds, and return what is asked of it."""
        name = mutation[0].upper() + mutation[1:]
        given = {"idempotencyKey": uuid.uuid4().hex, **given}
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename"
            f" ... on Refusal {{ code path }} ... on {name}Success {{ replayed {wanted} }} }} }}"
        )
        answer = await ask(self.http, document, given, headers)
        assert answer["__typename"] == f"{name}Success", answer
        return answer

    async def a_draw(self) -> None:
        """Open a draw, which everybody hears of who may."""
        closes_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        draw = {"game": "Walk", "code": uuid.uuid4().hex, "currency": "CNY"}
        await self.do(self.centre, "openDraw", salesCloseAt=closes_at, **draw)

    async def a_player(self) -> Person:
        """Sign somebody up."""
        who = {"email": f"{uuid.uuid4().hex}@players.invalid", "password": uuid.uuid4().hex}
        await self.do({}, "signUp", **who)
        return Person(self.http, **who)

    async def an_operator(self) -> tuple[Person, str]:
        """Have an operator come who sees the ledger; return them and their id."""
        role = await self.do(
            self.administrator,
            "createRole",
            "role { id }",
            name=uuid.uuid4().hex,
            description="Who look.",
            permissions=["SEE_LEDGER"],
            reason="a test",
        )
        return await self.a_member("OPERATOR", role["role"]["id"])

    async def a_member(self, kind: str, *role_ids: str) -> tuple[Person, str]:
        """Invite somebody to the staff, and have them come; return them and their id."""
        password, email = secrets.token_urlsafe(16), f"{uuid.uuid4().hex}@staff.invalid"
        invited = await self.do(
            self.administrator,
            "inviteStaff",
            "oneTimeCode member { id }",
            kind=kind,
            name="Ming",
            email=email,
            roleIds=list(role_ids),
            reason="a test",
        )
        await self.do({}, "acceptInvitation", code=invited["oneTimeCode"], password=password)
        return Person(self.http, email, password, kind), invited["member"]["id"]

    async def a_key(self) -> tuple[Headers, str]:
        """Make an API key of the platform's; return how to call with it, and its id."""
        scopes = ["READ", "SUBSCRIBE"]
        made = await self.do(
            self.platform, "createApiKey", "secret apiKey { id }", name="A", scopes=scopes
        )
        return {"x-api-key": made["secret"]}, made["apiKey"]["id"]


Ending = tuple[Headers, Callable[[], Awaitable[object]]]
"""How somebody calls, and what ends that."""

End = Callable[[Stage], Awaitable[Ending]]


async def by_signing_out(stage: Stage) -> Ending:
    headers = bearer(await (await stage.a_player()).sign_in())
    return headers, lambda: ask(stage.http, "mutation { signOut { __typename } }", None, headers)


async def by_ending_it_elsewhere(stage: Stage) -> Ending:
    person = await stage.a_player()
    headers = bearer(await person.sign_in())
    query = "{ sessions { id isCurrent } }"
    (own,) = [
        each["id"] for each in await ask(stage.http, query, None, headers) if each["isCurrent"]
    ]
    other = bearer(await person.sign_in())
    return headers, lambda: stage.do(other, "endSession", sessionId=own)


async def by_a_theft(stage: Stage) -> Ending:
    tokens = await (await stage.a_player()).sign_in()
    headers = bearer(tokens)
    refresh = (
        "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename } }"
    )

    async def steal() -> None:
        for _ in range(2):
            given = {"refreshToken": tokens["refreshToken"], "idempotencyKey": uuid.uuid4().hex}
            await ask(stage.http, refresh, given)

    return headers, steal


async def by_other_roles(stage: Stage) -> Ending:
    person, member_id = await stage.an_operator()
    change: dict[str, Any] = {"memberId": member_id, "roleIds": [], "reason": "a test"}
    return bearer(await person.sign_in()), lambda: stage.do(
        stage.administrator, "changeStaffRoles", **change
    )


async def by_deactivation(stage: Stage) -> Ending:
    person, member_id = await stage.an_operator()
    leave = {"memberId": member_id, "reason": "a test"}
    return bearer(await person.sign_in()), lambda: stage.do(
        stage.administrator, "deactivateStaff", **leave
    )


async def by_revoking_the_key(stage: Stage) -> Ending:
    headers, key_id = await stage.a_key()
    return headers, lambda: stage.do(stage.platform, "revokeApiKey", apiKeyId=key_id)


async def by_another_password(stage: Stage) -> Ending:
    person = await stage.a_player()
    headers, other = [bearer(await person.sign_in()) for _ in range(2)]
    change = {"currentPassword": person.password, "newPassword": secrets.token_urlsafe(16)}
    return headers, lambda: stage.do(other, "changePassword", **change)


ENDS: list[End] = [
    by_signing_out,
    by_ending_it_elsewhere,
    by_a_theft,
    by_other_roles,
    by_deactivation,
    by_revoking_the_key,
    by_another_password,
]


@pytest.mark.parametrize(
    "set_up", ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
)
async def test_before_a_running_server(set_up: str, request: pytest.FixtureRequest) -> None:
    alone = set_up == "sqlite"
    database_url = request.getfixturevalue("sqlite_url" if alone else "postgres_url")
    redis_url = None if alone else request.getfixturevalue("redis_url")
    with coffer_on(database_url, redis_url, workers=1 if alone else 2) as coffer:
        coffer.start()
        async with client(coffer.port) as http:
            stage = await a_stage(coffer, http)
            await the_table_holds(stage)
            used = await nobody_is_told_after_their_end(stage)
        assert coffer.stop() == 0
        assert not [secret for secret in used if secret in coffer.log]


async def a_stage(coffer: Coffer, http: httpx.AsyncClient) -> Stage:
    """Have the house's and the partners' people come."""
    email = "administrator@staff.invalid"
    _, password = coffer.create_member("create-administrator", email)
    administrator = Person(http, email, password, "OPERATOR")
    platform = coffer.create_partner("sales-platform", "Lucky Shop")[1]
    centre = coffer.create_partner("lottery-centre", "Welfare Lottery Centre")[1]
    headers = bearer(await administrator.sign_in())
    return Stage(coffer, http, headers, {"x-api-key": platform}, {"x-api-key": centre})


async def the_table_holds(stage: Stage) -> None:
    """Compare who may ask what with the table that the walk in process has made."""
    supervisor, _ = await stage.a_member("SUPERVISOR")
    table: dict[str, dict[Column, str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        table.setdefault(name, dict(zip(Column, cells, strict=False)))
    callers: dict[Column, Headers] = {
        Column.NOBODY: {},
        Column.CUSTOMER: bearer(await (await stage.a_player()).sign_in()),
        Column.PLATFORM: stage.platform,
        Column.CENTRE: stage.centre,
        Column.OPERATOR: stage.administrator,
        Column.SUPERVISOR: bearer(await supervisor.sign_in()),
    }
    for column, headers in callers.items():
        answer = (await stage.http.post("/graphql", json=body(ASKED), headers=headers)).json()
        refused = {error["path"][0] for error in answer.get("errors", ())}
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= {"UNAUTHENTICATED" if column is Column.NOBODY else "FORBIDDEN"}
        assert refused == {name for name in answer["data"] if table[name][column] == "no"}, column


async def nobody_is_told_after_their_end(stage: Stage) -> list[str]:
    """End everybody's access in every way, and let something happen that all would hear of.

    Returns:
        What they called with.
    """
    going_on = Listener(stage.platform)
    prepared = await asyncio.gather(*(end(stage) for end in ENDS))
    ending = [Listener(headers) for headers, _ in prepared]
    url = stage.coffer.socket_url
    await asyncio.gather(*(listener.listen(url) for listener in [going_on, *ending]))
    (key,) = [headers for headers, _ in prepared if "x-api-key" in headers]
    assert await ask(stage.http, WHO, None, key)
    await asyncio.gather(*(end() for _, end in prepared))
    ended_s = time.monotonic()
    await asyncio.gather(*(listener.is_out() for listener in ending))
    await stage.a_draw()
    await going_on.hears()
    while time.monotonic() - ended_s < KNOWN_S:
        await stage.http.get("/healthz")
    answer = await stage.http.post("/graphql", json=body(WHO), headers=key)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    return [value.rpartition(" ")[2] for headers, _ in prepared for value in headers.values()]
