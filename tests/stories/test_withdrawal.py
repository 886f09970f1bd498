"""Money that leaves through the bank, and comes back when the bank says so: L8 from outside."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from graphql_schema.relay import decode
from tests.factories import a_card_number
from tests.serving.graphql import DEPOSIT, SIGN_IN, ask, client, deposit, new_player
from tests.stories.coffer import Coffer, coffer_on
from tests.stories.sandbox_bank import SandboxBank

DAY_S = 86_400
PATIENCE_S = 30.0
POLL_S = 0.1
PIN = "270415"
REFUSAL = "... on Refusal { code path }"

SET_PIN = f"""mutation ($input: SetPaymentPinInput!) {{ setPaymentPin(input: $input) {{
  __typename {REFUSAL} }} }}"""
STEP_UP = f"""mutation ($input: StepUpInput!) {{ stepUp(input: $input) {{
  __typename {REFUSAL} }} }}"""
BIND = f"""mutation ($input: BindCardInput!) {{ bindCard(input: $input) {{
  __typename {REFUSAL} ... on BindCardSuccess {{ card {{ id lastFour }} }} }} }}"""
WITHDRAW = f"""mutation ($input: RequestWithdrawalInput!) {{ requestWithdrawal(input: $input) {{
  __typename {REFUSAL}
  ... on RequestWithdrawalSuccess {{ replayed withdrawal {{ id state }} }} }} }}"""
FREEZE = f"""mutation ($input: FreezeAccountInput!) {{ freezeAccount(input: $input) {{
  __typename {REFUSAL} }} }}"""
ATTRIBUTE = f"""mutation ($input: AttributeSuspenseInput!) {{ attributeSuspense(input: $input) {{
  __typename {REFUSAL} }} }}"""
ACCOUNT = """{ viewer { ... on Customer { accounts { balance { amount } held { amount }
  withdrawals { edges { node { id state reason returnTransaction { type } } } }
  transactions { edges { node { type state amount { amount } } } } } } } }"""
FEED = "{ feed(first: 100) { edges { node { kind } } } }"
SUSPENSE = "{ suspense(state: HELD) { edges { node { id remittance amount { amount } } } } }"
POSITION = """{ ledgerPosition { currency isBalanced atBank { amount } inTransit { amount }
  inSuspense { amount } } }"""


class Holder:
    """Somebody with an account and a bound card, who has stepped up."""

    def __init__(self, http: httpx.AsyncClient, bank: SandboxBank) -> None:
        self.http = http
        self.bank = bank
        self._keys = 0

    async def begin(self) -> None:
        """Open an account, put 100 CNY in, set a PIN, give it, and bind a card."""
        self.headers, self.account_id = await new_player(self.http, password="correct horse")
        await ask(self.http, DEPOSIT, deposit(self.account_id, "in", "100.00"), self.headers)
        self.card_number = a_card_number()
        card = {"number": self.card_number, "holderName": "王小明"}
        assert (await self.do(BIND, **card))["code"] == "STEP_UP_REQUIRED"
        await self.done(SET_PIN, password="correct horse", pin=PIN)
        stepped_up = await ask(self.http, STEP_UP, {"pin": PIN}, self.headers)
        assert stepped_up["__typename"] == "StepUpSuccess", stepped_up
        self.card_id = (await self.done(BIND, **card))["card"]["id"]

    async def do(self, document: str, **given: object) -> Any:  # noqa: ANN401 - JSON
        """Ask for something with a fresh key."""
        self._keys += 1
        keyed = {"idempotencyKey": f"holder-{self._keys}", **given}
        return await ask(self.http, document, keyed, self.headers)

    async def done(self, document: str, **given: object) -> Any:  # noqa: ANN401 - JSON
        """Ask for something, and expect it to be done."""
        answer = await self.do(document, **given)
        assert answer["__typename"].endswith("Success"), answer
        return answer

    async def withdraw(self, amount: str) -> str:
        """Take money out, and return the withdrawal's id."""
        answer = await self.done(
            WITHDRAW,
            accountId=self.account_id,
            cardId=self.card_id,
            amount={"amount": amount, "currency": "CNY"},
        )
        assert answer["withdrawal"]["state"] == "REQUESTED"
        return str(answer["withdrawal"]["id"])

    async def account(self) -> Any:  # noqa: ANN401 - JSON
        """Return the account as its holder sees it."""
        return (await ask(self.http, ACCOUNT, headers=self.headers))["accounts"][0]

    async def balance(self) -> str:
        """Return what the account holds."""
        return str((await self.account())["balance"]["amount"])

    async def state(self, withdrawal_id: str) -> str:
        """Return how a withdrawal stands."""
        edges = (await self.account())["withdrawals"]["edges"]
        (found,) = [edge["node"] for edge in edges if edge["node"]["id"] == withdrawal_id]
        return str(found["state"])


async def until(look: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Look again and again until it is as it should be."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := await look()) != wanted:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(POLL_S)


@contextlib.asynccontextmanager
async def a_holder(coffer: Coffer) -> AsyncIterator[Holder]:
    """Have somebody who may take money out."""
    assert coffer.bank is not None
    async with client(coffer.port) as http:
        holder = Holder(http, coffer.bank)
        await holder.begin()
        yield holder


async def it_is_paid_and_comes_back(holder: Holder) -> None:
    """Have a withdrawal paid, and returned three days later."""
    paid = await holder.withdraw("30.00")
    assert await holder.balance() == "70.00"
    await until(lambda: holder.state(paid), "SETTLED")
    assert holder.bank.books()["balances"] == {"CNY": 70_00}
    holder.bank.control("POST", "time", advance_s=3 * DAY_S)
    decoded = decode(paid)
    assert decoded is not None
    holder.bank.control("POST", "return", instruction_id=str(decoded[1]), reason="no such account")
    await until(lambda: holder.state(paid), "RETURNED")
    assert await holder.balance() == "100.00"


async def it_is_refused(holder: Holder) -> None:
    """Have a withdrawal refused."""
    holder.bank.control("PUT", "plan", refuses=1, faults=100)
    refused = await holder.withdraw("20.00")
    await until(lambda: holder.state(refused), "REFUSED")
    assert await holder.balance() == "100.00"


async def it_outlives_a_death_and_a_freeze(holder: Holder) -> None:
    """Have the bank die half way, and the account frozen meanwhile: what has begun goes on."""
    holder.bank.control("PUT", "plan", dies_after=1, repeats=1, faults=1)
    begun = await holder.withdraw("10.00")
    await asyncio.to_thread(holder.bank.wait_dead)
    await holder.done(FREEZE, accountId=holder.account_id)
    blocked = await holder.do(
        WITHDRAW,
        accountId=holder.account_id,
        cardId=holder.card_id,
        amount={"amount": "1.00", "currency": "CNY"},
    )
    assert blocked["code"] == "ACCOUNT_BLOCKED"
    holder.bank.start()
    await asyncio.to_thread(holder.bank.wait_ready)
    holder.bank.control("PUT", "plan")
    await until(lambda: holder.state(begun), "SETTLED")
    assert await holder.balance() == "90.00"
    assert holder.bank.books()["balances"] == {"CNY": 90_00}


async def a_stranger_pays_in(coffer: Coffer, holder: Holder, cast: dict[str, str]) -> None:
    """Have money arrive for nobody, and an operator say whose it is."""
    who = {"email": cast["operator_email"], "password": cast["operator_password"]}
    signed_in = await ask(holder.http, SIGN_IN, {**who, "as": "OPERATOR"})
    operator = {"authorization": f"Bearer {signed_in['token']}"}
    holder.bank.control("POST", "receive", amount_minor=5_00, currency="CNY", remittance="for Ming")

    async def waiting() -> list[Any]:
        found = await ask(holder.http, SUSPENSE, headers=operator)
        return [edge["node"] for edge in found["edges"]]

    await until(lambda: _count(waiting), 1)
    (item,) = await waiting()
    assert (item["remittance"], item["amount"]) == ("for Ming", {"amount": "5.00"})
    given = {"suspenseItemId": item["id"], "accountId": holder.account_id, "reason": "he called"}
    answer = await ask(holder.http, ATTRIBUTE, {"idempotencyKey": "whose", **given}, operator)
    assert answer["__typename"] == "AttributeSuspenseSuccess"
    assert await holder.balance() == "95.00"
    positions = await ask(holder.http, POSITION, headers=operator)
    (yuan,) = [each for each in positions if each["currency"] == "CNY"]
    assert yuan == {
        "currency": "CNY",
        "isBalanced": True,
        "atBank": {"amount": "95.00"},
        "inTransit": {"amount": "0.00"},
        "inSuspense": {"amount": "0.00"},
    }
    assert holder.bank.books()["balances"] == {"CNY": 95_00}
    assert holder.card_number not in coffer.log


async def _count(look: Callable[[], Awaitable[list[Any]]]) -> int:
    return len(await look())


async def it_is_all_there_to_read(holder: Holder) -> None:
    """See the whole of it in the account's list and in the feed."""
    edges = (await holder.account())["transactions"]["edges"]
    assert [edge["node"]["type"] for edge in reversed(edges)] == [
        "DEPOSIT",
        "WITHDRAWAL",
        "WITHDRAWAL_RETURN",
        "WITHDRAWAL",
        "WITHDRAWAL_RETURN",
        "WITHDRAWAL",
        "DEPOSIT",
    ]
    feed = await ask(holder.http, FEED, headers=holder.headers)
    told = [edge["node"]["kind"] for edge in feed["edges"]]
    assert [kind for kind in told if kind.startswith("WITHDRAWAL")] == [
        "WITHDRAWAL_REQUESTED",
        "WITHDRAWAL_SETTLED",
        "WITHDRAWAL_RETURNED",
        "WITHDRAWAL_REQUESTED",
        "WITHDRAWAL_REFUSED",
        "WITHDRAWAL_REQUESTED",
        "WITHDRAWAL_SETTLED",
    ]


@pytest.mark.requirement("L8")
@pytest.mark.parametrize(
    "set_up", ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
)
async def test_a_withdrawal_to_ones_own_card(set_up: str, request: pytest.FixtureRequest) -> None:
    alone = set_up == "sqlite"
    database_url = request.getfixturevalue("sqlite_url" if alone else "postgres_url")
    redis_url = None if alone else request.getfixturevalue("redis_url")
    with coffer_on(database_url, redis_url, workers=1 if alone else 2) as coffer:
        coffer.start()
        cast = coffer.create_cast()
        async with a_holder(coffer) as holder:
            await it_is_paid_and_comes_back(holder)
            await it_is_refused(holder)
            await it_outlives_a_death_and_a_freeze(holder)
            await a_stranger_pays_in(coffer, holder, cast)
            await it_is_all_there_to_read(holder)
        assert "the books agree" in coffer.run("check-ledger")
        assert coffer.stop() == 0
        assert "Traceback" not in coffer.log
