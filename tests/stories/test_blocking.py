"""Two server processes, many purchases, and in their midst a block: what is blocked is blocked."""

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.serving.graphql import DEPOSIT, SIGN_IN, ask, body, deposit, new_player
from tests.stories import documents
from tests.stories.coffer import Coffer, coffer_on
from tests.stories.test_two_processes import client_of

BUYERS = 8
BEFORE = 60
"""How many purchases are accepted before the block is asked for."""

PLATFORM = "{ viewer { ... on Partner { id } } }"
INTERVALS = """
SELECT block.kind, count(bought.id) AS passed
FROM block LEFT JOIN account_transaction AS bought
ON bought.account_id = block.account_id AND bought.type = 'PURCHASE'
AND bought.number > block.placed_after
AND bought.number <= coalesce(block.lifted_after, bought.number)
GROUP BY block.id, block.kind ORDER BY block.kind
"""
"""How many purchases stand in the ledger between a block and its lifting."""


class Selling:
    """A platform that buys for one player, without end, over connections to both processes."""

    def __init__(self, http: list[httpx.AsyncClient], key: str, order: dict[str, Any]) -> None:
        self._http = http
        self._headers = {"x-api-key": key}
        self._order = order
        self.accepted = 0
        self.enough = asyncio.Event()
        self.blocked = asyncio.Event()
        self.refusals: set[str] = set()
        self.passed = 0

    async def buy(self, number: int) -> None:
        """Buy until the block is acknowledged, and once more after that."""
        http, last = self._http[number % len(self._http)], False
        while not last:
            last = self.blocked.is_set()  # before it is asked: what is asked now must be refused
            order = {**self._order, "idempotencyKey": uuid.uuid4().hex}
            order["reference"] = order["idempotencyKey"]
            response = await http.post(
                "/graphql", json=body(documents.PURCHASE, order), headers=self._headers
            )
            answer = response.json()["data"]["purchase"]
            if answer["__typename"] == "PurchaseSuccess":
                self.passed += last
                self.accepted += 1
                if self.accepted == BEFORE:
                    self.enough.set()
            else:
                self.refusals.add(answer["code"])
                await asyncio.wait_for(self.blocked.wait(), 30)


@contextlib.contextmanager
def two_processes(postgres_url: str, redis_url: str) -> Iterator[Coffer]:
    """Have two server processes on one database."""
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        yield coffer


@pytest.mark.postgres
async def test_nothing_is_bought_once_a_block_is_acknowledged(
    postgres_url: str, redis_url: str
) -> None:
    with two_processes(postgres_url, redis_url) as coffer:
        cast = coffer.create_cast()
        async with contextlib.AsyncExitStack() as stack:
            # A connection stays with the process that has it, so both of them buy.
            http = [
                await client_of(coffer, pid, stack) for pid in coffer.server_pids() * (BUYERS // 2)
            ]
            who = {"email": cast["operator_email"], "password": cast["operator_password"]}
            signed_in = await ask(http[0], SIGN_IN, {**who, "as": "OPERATOR"})
            operator = {"authorization": f"Bearer {signed_in['token']}"}
            player, account_id = await new_player(http[0])
            await ask(http[0], DEPOSIT, deposit(account_id, "money", "1000.00"), player)
            order = await an_order(http[0], cast, player, account_id)
            account = {"accountId": account_id}
            seen = {"reason": "documents seen"}
            for name, caller, lift, given in (
                ("REPORT_LOST", player, "LIFT_LOST_REPORT", seen),
                ("FREEZE_ACCOUNT", operator, "UNFREEZE_ACCOUNT", {}),
            ):
                selling = Selling(http, cast["platform"], order)
                async with asyncio.TaskGroup() as buyers:
                    for number in range(BUYERS):
                        buyers.create_task(selling.buy(number))
                    await asyncio.wait_for(selling.enough.wait(), 60)
                    document = getattr(documents, name)
                    placed = await ask(
                        http[1], document, {"idempotencyKey": name, **account}, caller
                    )
                    assert placed["status"] in {"LOST", "FROZEN"}
                    selling.blocked.set()
                assert selling.passed == 0
                assert selling.accepted >= BEFORE
                assert selling.refusals == {"ACCOUNT_BLOCKED"}
                # What arrives still arrives.
                await ask(http[0], DEPOSIT, deposit(account_id, f"{name} too"), player)
                document = getattr(documents, lift)
                lifted = await ask(
                    http[0], document, {"idempotencyKey": lift, **account, **given}, operator
                )
                assert lifted["status"] == "ACTIVE"
        connection = await asyncpg.connect(postgres_url)
        try:
            rows = await connection.fetch(INTERVALS)
        finally:
            await connection.close()
        assert [tuple(row) for row in rows] == [("BY_OPERATOR", 0), ("LOST", 0)]
        assert "the books agree" in coffer.run("check-ledger")
        assert coffer.stop() == 0


async def an_order(
    http: httpx.AsyncClient, cast: dict[str, str], player: dict[str, str], account_id: str
) -> dict[str, Any]:
    """Have a platform that may buy for the player, and return what it orders."""
    answer = await http.post(
        "/graphql", json={"query": PLATFORM}, headers={"x-api-key": cast["platform"]}
    )
    mandate = {
        "idempotencyKey": "mandate",
        "accountId": account_id,
        "partnerId": answer.json()["data"]["viewer"]["id"],
        "limitPerPurchase": yuan("10.00"),
        "limitPerDay": yuan("1000.00"),
        "expiresAt": "2099-01-01T00:00:00Z",
    }
    await ask(http, documents.GRANT_MANDATE, mandate, player)
    draw = {
        "idempotencyKey": "draw",
        "game": "Double Colour Ball",
        "code": "1",
        "currency": "CNY",
        "salesCloseAt": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    centre = {"x-api-key": cast["centre"]}
    opened = await ask(http, documents.OPEN_DRAW, draw, centre)
    ticket = {"drawId": opened["draw"]["id"], "numbers": "01 02", "stake": yuan("0.10")}
    return {"accountId": account_id, "amount": yuan("0.10"), "tickets": [ticket]}


def yuan(amount: str) -> dict[str, str]:
    """Return an amount in CNY."""
    return {"amount": amount, "currency": "CNY"}
