"""The log tells whose request something belongs to, and never what was said in it."""

import json
import logging
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from app.logs import Lines, set_up_logs, story_of, words_of
from models.engines import ConnectionLost
from services.accounts.deposit import DepositOrder
from services.accounts.deposit import deposit as deposit_money
from tests.factories import HouseUnderTest, a_customer, a_key, an_account
from tests.serving.graphql import DEPOSIT, SIGN_IN, SIGN_UP, ask, body, client, deposit, new_player
from tests.serving.sockets import converse, listen
from tests.stories.coffer import Coffer, coffer_on

ASK = "{ viewer { __typename } }"
PASSWORD = "correct-horse-battery-staple"
SECRETS = {
    "password": PASSWORD,
    "pin": "pin-314159",
    "identity number": "11010519491231002X",
    "card number": "6222020200112233445",
    "phone": "+8613912345678",
    "name": "司馬相如",
    "e-mail": "xiangru@players.invalid",
    "code": "recovery-code-271828",
    "token": "cft_not_a_token_but_looks_like_one",
    "api key": "cfk_not_a_key_but_looks_like_one",
}


def test_what_cannot_be_written_is_lost_and_nothing_else() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        lines = Lines(full)
        lines.write(b"a line")
        lines.flush()


def lines_of(coffer: Coffer, event: str = "operation") -> list[dict[str, Any]]:
    """Return the lines of a kind that a server has logged; every line must be JSON."""
    told = [json.loads(line) for line in coffer.log.splitlines()]
    return [line for line in told if line["event"] == event]


async def test_an_operation_is_one_line_that_names_its_request(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        async with client(coffer.port) as http:
            given = await http.post(
                "/graphql",
                json={"query": "query Hello { viewer { __typename } }"},
                headers={"x-request-id": "from-the-proxy.1"},
            )
            made = await http.post("/graphql", json={"query": "{ nonsense }"})
            headers, account_id = await new_player(http)
            order = body(DEPOSIT, deposit(account_id, "d", "1000000000.00"))
            await http.post("/graphql", json=order, headers=headers)
            again = body(DEPOSIT, deposit(account_id, "d", "2.00"))
            refused = await http.post("/graphql", json=again, headers=headers)
        assert coffer.stop() == 0
        lines = lines_of(coffer)
    assert given.headers["x-request-id"] == "from-the-proxy.1"
    hello, nonsense, last = lines[0], lines[1], lines[-1]
    assert hello.pop("duration_ms") >= 0
    assert hello.pop("timestamp").endswith("Z")
    assert hello == {
        "event": "operation",
        "level": "info",
        "request_id": "from-the-proxy.1",
        "transport": "http",
        "kind": "query",
        "operation": "Hello",
        "outcome": "ok",
        "cost": 2,
        "actor": "NOBODY",
    }
    assert nonsense["request_id"] == made.headers["x-request-id"]
    assert (nonsense["kind"], nonsense["outcome"]) == ("none", "rejected")
    assert nonsense["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert refused.json()["data"]["deposit"]["code"] == "KEY_REUSED"
    assert last["request_id"] == refused.headers["x-request-id"]
    assert (last["outcome"], last["codes"], last["actor"]) == (
        "refused",
        ["KEY_REUSED"],
        "CUSTOMER",
    )


async def test_an_id_that_is_not_well_formed_is_replaced(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        async with client(coffer.port) as http:
            answers = [
                await http.post("/graphql", json={"query": ASK}, headers={"x-request-id": given})
                for given in ("", "-begins-badly", "with space", "x" * 65, 'quote"', "a\tb")
            ]
        assert coffer.stop() == 0
        logged = [line["request_id"] for line in lines_of(coffer)]
    assert [answer.headers["x-request-id"] for answer in answers] == logged
    assert [len(made) for made in logged] == [32] * 6
    assert len(set(logged)) == 6
    assert not [answer for answer in answers if "requestId" in answer.text]


async def test_a_socket_has_an_id_and_each_of_its_operations_another(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        socket = await listen(coffer.socket_url, **{"x-request-id": "the-socket"})
        assert socket.response is not None
        assert socket.response.headers["x-request-id"] == "the-socket"
        for _ in range(2):
            await converse(socket, {"query": ASK})
        await socket.close()
        assert coffer.stop() == 0
        first, second = lines_of(coffer)
    assert first["connection_id"] == second["connection_id"] == "the-socket"
    assert first["request_id"] != second["request_id"]
    assert {first["transport"], second["transport"]} == {"websocket"}


async def test_a_fault_names_its_request_to_the_caller_and_in_the_log(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite://"))) as meddler, meddler:
            meddler.execute("ALTER TABLE customer RENAME TO gone")
        async with client(coffer.port) as http:
            given = {"email": SECRETS["e-mail"], "password": PASSWORD}
            answer = await http.post("/graphql", json=body(SIGN_IN, given))
        assert coffer.stop() == 0
        (fault,) = lines_of(coffer, "internal_fault")
        (operation,) = lines_of(coffer)
        printed = coffer.log
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "INTERNAL_FAULT",
        "faultId": fault["fault_id"],
        "requestId": answer.headers["x-request-id"],
    }
    assert fault["request_id"] == operation["request_id"] == answer.headers["x-request-id"]
    assert operation["outcome"] == "fault"
    assert "sign_in.py" in fault["exception"]
    assert "no such table" in fault["exception"]
    assert SECRETS["e-mail"] not in printed
    assert PASSWORD not in printed


async def test_the_desk_names_the_requests_that_it_warns_of(house: HouseUnderTest) -> None:
    player = await a_customer(house)
    account_id = await an_account(house, player)
    lost = iter([ConnectionLost("gone")])
    run = house.desk.engine.run

    async def run_once_in_vain(work: Any) -> Any:  # noqa: ANN401 - passed on
        for error in lost:
            raise error
        return await run(work)

    house.desk.engine.run = run_once_in_vain  # type: ignore[method-assign]
    with (
        structlog.testing.capture_logs() as logs,
        structlog.contextvars.bound_contextvars(request_id="asked-for-this"),
    ):
        await deposit_money(house, player, DepositOrder(a_key(), account_id, 100, "CNY"))
    (warning,) = [line for line in logs if line["event"] == "desk lost the database"]
    assert warning["requests"] == ["asked-for-this"]


async def test_nothing_secret_is_printed(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        _, api_key = coffer.create_partner("sales-platform", "Lucky Shop")
        async with client(coffer.port) as http:
            token = await _say_everything(http, api_key)
        await _say_everything_on_a_socket(coffer, token, api_key)
        assert coffer.stop() == 0
        printed = coffer.log
    assert len(lines_of_text(printed)) > 50
    for what, secret in {**SECRETS, "real token": token, "real key": api_key}.items():
        assert secret not in printed, what
        assert json.dumps(secret)[1:-1] not in printed, what


def lines_of_text(printed: str) -> list[dict[str, Any]]:
    """Return every line as what it is in production: JSON."""
    return [json.loads(line) for line in printed.splitlines()]


async def _say_everything(http: httpx.AsyncClient, api_key: str) -> str:
    """Say every secret in every place where somebody may put one; return a real token."""
    who = {"email": SECRETS["e-mail"], "password": PASSWORD}
    await ask(http, SIGN_UP, {"idempotencyKey": "up", **who})
    token: str = (await ask(http, SIGN_IN, who))["token"]
    await http.post("/graphql", json=body(SIGN_IN, {**who, "password": SECRETS["pin"]}))
    for secret in SECRETS.values():
        quoted = json.dumps(secret)
        for content in (
            quoted,
            "{" + quoted,
            json.dumps({"query": quoted}),
            json.dumps({"query": f"{{ node(id: {quoted}) {{ id }} }}"}),
            json.dumps({"query": f"mutation {{ signIn(input: {{password: {quoted}}}) {{ x }} }}"}),
            json.dumps({"query": ASK, "operationName": secret}),
            json.dumps(body(SIGN_IN, {"email": secret, "password": secret})),
            json.dumps(body(SIGN_IN, {"email": [secret], "passwort": secret})),
            json.dumps(body(SIGN_UP, {"idempotencyKey": secret, "email": secret, "password": 1})),
        ):
            await http.post(
                "/graphql",
                content=content,
                headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
            )
        ascii_only = secret.encode("ascii", "replace").decode()
        for headers in (
            {"authorization": f"Bearer {ascii_only}"},
            {"x-api-key": ascii_only},
            {"cookie": f"session={ascii_only}"},
            {"x-request-id": f"{ascii_only} {ascii_only}"},
            {"accept-language": ascii_only},
            {"x-api-key": api_key},
        ):
            await http.post("/graphql", json={"query": ASK}, headers=headers)
        params = {"query": f"{{ a(b: {quoted}) }}", "variables": secret}
        await http.get("/graphql", params=params, headers={"x-requested-with": ascii_only})
        await http.get(f"/{secret}", params={"password": secret})
    return token


async def _say_everything_on_a_socket(coffer: Coffer, token: str, api_key: str) -> None:
    for secret in (*SECRETS.values(), token, api_key):
        socket = await listen(coffer.socket_url)
        quoted = json.dumps(secret)
        for payload in (
            {"query": f"{{ node(id: {quoted}) {{ id }} }}"},
            {"query": SIGN_IN, "variables": {"input": {"email": secret, "password": secret}}},
            {"query": quoted},
        ):
            await converse(socket, payload)
        await socket.send("{" + quoted)
        await socket.wait_closed()


def test_an_error_is_told_without_the_values_that_it_quotes() -> None:
    secret = SECRETS["pin"]
    for words in (
        f"invalid input for query argument $1: '{secret}' (expected int)",
        f"duplicate key\nDETAIL:  Key (email)=({secret}) already exists.",
        f'value "{secret}" is too long',
        f"no such customer: {SECRETS['e-mail']}",
        f"not a number: '{secret}",
        "card 6222020200112233445 has no digit",
    ):
        told = words_of(ValueError(words))
        assert not any(each in told for each in SECRETS.values()), told
    assert words_of(ValueError("a customer's account can't be found")) == (
        "a customer's account can't be found"
    )


def test_a_story_goes_from_the_first_cause_to_the_last() -> None:
    def fails() -> None:
        raise KeyError(PASSWORD)

    with pytest.raises(KeyError) as caught:
        fails()
    last = ExceptionGroup("two", [ValueError("one"), TypeError(f"'{PASSWORD}'")])
    last.__cause__ = caught.value
    story = story_of(last)
    assert story.index("builtins.KeyError") < story.index("builtins.ExceptionGroup")
    assert "builtins.ValueError: one" in story
    assert "test_logs.py" in story
    assert PASSWORD not in story


def test_libraries_warnings_are_json_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    kept = structlog.get_config()
    handlers = logging.getLogger().handlers[:]
    try:
        set_up_logs(dev=False)
        logging.getLogger("asyncio").warning("socket.send() raised exception.")
        sys.stderr.flush()
    finally:
        structlog.configure(**kept)
        logging.captureWarnings(capture=False)
        logging.getLogger().handlers[:] = handlers
    line = json.loads(capfdbinary.readouterr().err)
    assert line["event"] == "socket.send() raised exception."
    assert (line["logger"], line["level"]) == ("asyncio", "warning")
