"""The sandbox bank as a process of its own, before a server that runs as in production."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.commands.sandbox_bank import DIED
from app.sandbox_bank.books import Books
from app.sandbox_bank.plan import Plan
from tests.serving.graphql import DEPOSIT, ask, client, deposit, new_player
from tests.stories.coffer import ROOT, Coffer, coffer_on, free_port
from tests.stories.sandbox_bank import SandboxBank

PATIENCE_S = 120.0
"""For something that is asked for again after a pause that doubles, on a machine that is busy."""
POLL_S = 0.05


@pytest.fixture
def coffer(sqlite_url: str) -> Iterator[Coffer]:
    """A server with its bank."""
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        yield coffer


@pytest.fixture
def bank(coffer: Coffer) -> SandboxBank:
    """The server's bank."""
    assert coffer.bank is not None
    return coffer.bank


async def until(ask_again: Callable[[], Any], wanted: object) -> None:
    """Ask again and again until the answer is as it should be."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := await ask_again()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(POLL_S)  # noqa: ASYNC251 - another process is waited for


BALANCE = "{ viewer { ... on Customer { accounts { balance { amount } } } } }"


async def balance(http: httpx.AsyncClient, headers: dict[str, str]) -> str:
    """Return what the player's account holds."""
    viewer = await ask(http, BALANCE, headers=headers)
    return str(viewer["accounts"][0]["balance"]["amount"])


async def test_a_slow_bank_tells_by_a_callback(coffer: Coffer, bank: SandboxBank) -> None:
    bank.control("PUT", "plan", later=1, faults=100, settles_after_s=[3600, 3600])
    async with client(coffer.port) as http:
        headers, account_id = await new_player(http)
        answer = await ask(http, DEPOSIT, deposit(account_id, "slow"), headers)
        assert (answer["__typename"], answer["available"]) == ("DepositSuccess", None)
        assert await balance(http, headers) == "0.00"
        bank.control("POST", "time", advance_s=3600)
        await until(lambda: balance(http, headers), "10.00")
    assert bank.books()["balances"] == {"CNY": 10_00}
    assert coffer.stop() == 0
    assert "Traceback" not in coffer.log


async def test_a_bank_that_dies_half_way_is_asked_again(coffer: Coffer, bank: SandboxBank) -> None:
    bank.control("PUT", "plan", dies_after=1, faults=1)
    async with client(coffer.port) as http:
        headers, account_id = await new_player(http)
        answer = await ask(http, DEPOSIT, deposit(account_id, "half"), headers)
        assert answer["__typename"] == "DepositSuccess"
        assert bank.wait_dead() == DIED
        bank.start()
        bank.wait_ready()
        await until(lambda: balance(http, headers), "10.00")
    assert bank.books()["balances"] == {"CNY": 10_00}
    assert len(bank.books()["instructions"]) == 1


def test_a_question_to_which_nothing_can_happen_uses_up_no_fault(tmp_path: Path) -> None:
    books = Books(tmp_path / "bank.db", time.time)
    books.behave({"dies_after": 1, "faults": 1})
    # Coffer reads the statement when its hour comes, perhaps just before the deposit.
    for name in ("unavailable", "loses_answer"):
        assert not books.chance(name).happens(name)
    assert books.chance().happens("dies_after")
    assert not books.chance().happens("dies_after")
    books.close()


async def test_without_a_bank_deposits_are_refused_clearly(sqlite_url: str) -> None:
    coffer = Coffer({"COFFER_DATABASE_URL": sqlite_url, "COFFER_BANK_URL": ""})
    try:
        coffer.start()
        async with client(coffer.port) as http:
            headers, account_id = await new_player(http)
            answer = await ask(http, DEPOSIT, deposit(account_id, "none"), headers)
            assert answer == {"__typename": "PlainRefusal", "code": "BANK_MISSING"}
            assert (await http.post("/bank/callbacks", content=b"{}")).status_code == 404
    finally:
        coffer.close()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"COFFER_BANK_URL": "http://bank.example"}, "https://"),
        ({"COFFER_BANK_URL": "ftp://127.0.0.1"}, "https://"),
        ({"COFFER_BANK_URL": "https://bank.example", "COFFER_BANK_SECRET": "short"}, "32"),
    ],
)
def test_a_bank_that_others_could_hear_is_not_taken(
    sqlite_url: str, variables: dict[str, str], told: str
) -> None:
    coffer = Coffer({"COFFER_DATABASE_URL": sqlite_url, **variables})
    try:
        finished = coffer.attempt("check-ledger")
    finally:
        coffer.close()
    assert finished.returncode == 2
    assert told in finished.stderr


def test_the_sandbox_bank_needs_a_secret() -> None:
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "app", "sandbox-bank", "--port", str(free_port())],
        cwd=ROOT,
        env={"PATH": ""},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert finished.returncode == 2
    assert "COFFER_BANK_SECRET" in finished.stderr


def test_a_plan_names_what_there_is(bank: SandboxBank) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        bank.control("PUT", "plan", burns=1)
    with pytest.raises(ValueError, match="burns"):
        Plan.of({"burns": 1})
