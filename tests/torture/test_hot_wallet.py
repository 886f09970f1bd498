"""Many clients, one platform, two processes: purchases that arrive together share a transaction."""

import asyncio
import time

import pytest

from tests.stories.coffer import coffer_on
from tests.torture import documents
from tests.torture.blows import say
from tests.torture.clients import Cast
from tests.torture.database import rows
from tests.torture.stage import set_stage
from tests.torture.wire import Wire, amount, global_id

CLIENTS = 64
PLAYERS = 4
PURCHASES = 30
"""Of each client, one after the other."""

GROUPS = """
SELECT count(*) AS commands, count(DISTINCT xmin::text) AS transactions
FROM answer WHERE operation = 'purchase'
"""
"""Answers are written by the transaction that did what they answer, and never changed."""


@pytest.mark.postgres
@pytest.mark.timeout(180)
async def test_purchases_at_one_platform_share_transactions(
    postgres_url: str, redis_url: str
) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        await asyncio.to_thread(coffer.start)
        cast = await set_stage(coffer, PLAYERS)
        for player in cast.players:
            wire = Wire(coffer.port, player.caller.headers)
            await wire.ask_until_answered(documents.DEPOSIT, _deposit(player.node_id))
            wire.close()
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(_buy(coffer.port, cast, number))
        took_s = time.monotonic() - begun
        (found,) = await rows(postgres_url, GROUPS)
        grouped = found["commands"] / found["transactions"]
        say(f"{grouped:.1f} commands a transaction, {found['commands'] / took_s:.0f} purchases/s")
        (wallet,) = await rows(
            postgres_url,
            f"SELECT balance_minor FROM wallet WHERE id = '{cast.platform_id}'",  # noqa: S608 - ours
        )
    assert found["commands"] == CLIENTS * PURCHASES
    assert wallet["balance_minor"] == CLIENTS * PURCHASES * 2_00
    assert grouped > 3


def _deposit(account: str) -> dict[str, object]:
    order = {"idempotencyKey": "funds", "accountId": account, "amount": amount(1_000_000_00)}
    return {"input": order}


async def _buy(port: int, cast: Cast, number: int) -> None:
    wire = Wire(port, cast.platform.headers)
    player = cast.players[number % PLAYERS]
    for order in range(PURCHASES):
        name = f"{number}-{order}"
        ticket = {
            "drawId": global_id("Draw", cast.draw_id),
            "numbers": "01 02 03 04 05 06",
            "stake": amount(2_00),
            "serial": name,
        }
        purchase = {
            "idempotencyKey": name,
            "accountId": player.node_id,
            "reference": name,
            "amount": amount(2_00),
            "tickets": [ticket],
        }
        answer = await wire.ask_until_answered(documents.PURCHASE, {"input": purchase})
        assert answer["__typename"] == "PurchaseSuccess", answer
    wire.close()
