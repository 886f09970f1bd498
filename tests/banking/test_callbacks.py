"""Only the bank's own callbacks, signed and of now, change anything."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.bank_signature import signed
from app.bank_callbacks import BODY_BYTES, PATH, BankCallbacks
from models import Withdrawal
from models.engines import ConnectionLost
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from tests.banking.conftest import Holder
from tests.banking.sandbox import COFFER, SECRET, Sandbox, sandbox_beside
from tests.factories import CNY, HouseUnderTest, a_key, dump


@pytest.fixture
async def sandbox(house: HouseUnderTest, tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The sandbox bank behind the house."""
    async with sandbox_beside(house, tmp_path) as sandbox:
        yield sandbox


async def told(house: HouseUnderTest, holder: Holder, **changes: object) -> dict[str, Any]:
    """Take 30 CNY out, and return what the bank may tell of it."""
    order = WithdrawalOrder(a_key(), holder.account_id, holder.card_id, 30_00, CNY)
    body = (await request_withdrawal(house, holder.actor, order)).body
    return {
        "reference": "L1",
        "state": "SETTLED",
        "amount_minor": -30_00,
        "currency": CNY,
        "instruction_id": body["withdrawal"]["id"],
        "reason": None,
        "remittance": "",
    } | changes


async def test_a_signed_callback_is_heard(
    house: HouseUnderTest, holder: Holder, sandbox: Sandbox
) -> None:
    news = await told(house, holder)
    body = json.dumps(news).encode()
    headers = signed(SECRET, house.clock() + timedelta(minutes=4), body)
    for _ in range(2):
        response = await sandbox.to_coffer.post(PATH, content=body, headers=headers)
        assert response.status_code == 204
    kept = await Withdrawal.get(id=UUID(news["instruction_id"]))
    assert kept.state == "SETTLED"


async def test_what_is_not_the_banks_changes_nothing(
    house: HouseUnderTest, holder: Holder, sandbox: Sandbox
) -> None:
    body = json.dumps(await told(house, holder)).encode()
    now = house.clock()
    good = signed(SECRET, now, body)
    forged = [
        {},
        signed("another secret, which is long enough", now, body),
        signed(SECRET, now, body + b" "),
        signed(SECRET, now - timedelta(minutes=6), body),
        signed(SECRET, now + timedelta(minutes=6), body),
        signed(SECRET, now, body, "POST", "/instructions"),
        good | {"bank-timestamp": str(int(now.timestamp()) + 1)},
        good | {"bank-timestamp": "９" * 10},
        good | {"bank-timestamp": "-1"},
        good | {"bank-signature": ""},
        good | {"bank-signature": "é"},
    ]
    before = await dump()
    for headers in forged:
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        response = await sandbox.to_coffer.post(PATH, content=body, headers=given)
        assert response.status_code == 401
        assert response.text == "not signed as it must be"
    assert await dump() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "SOMETHING"},
        {"instruction_id": "not an id"},
        {"amount_minor": "30.00"},
        {"amount_minor": 30.5},
        {"reference": ""},
        {"reference": "x" * 65},
    ],
)
async def test_what_cannot_be_read_changes_nothing(
    house: HouseUnderTest, holder: Holder, sandbox: Sandbox, changes: dict[str, object]
) -> None:
    body = json.dumps(await told(house, holder, **changes)).encode()
    before = await dump()
    for content in (body, b"[]", b"1", b"{}", b"not json"):
        headers = signed(SECRET, house.clock(), content)
        response = await sandbox.to_coffer.post(PATH, content=content, headers=headers)
        assert response.status_code == 400
    assert await dump() == before


async def test_a_body_is_bounded(house: HouseUnderTest, sandbox: Sandbox) -> None:
    body = b" " * (BODY_BYTES + 1)
    headers = signed(SECRET, house.clock(), body)
    response = await sandbox.to_coffer.post(PATH, content=body, headers=headers)
    assert response.status_code == 413
    assert (await sandbox.to_coffer.get(PATH)).status_code == 405


async def test_what_cannot_be_kept_is_to_be_told_again(
    house: HouseUnderTest, holder: Holder, sandbox: Sandbox
) -> None:
    body = json.dumps(await told(house, holder)).encode()
    before = await dump()
    house.desk.tries, house.desk.pause_s = 2, 0

    def away(label: str) -> None:
        raise ConnectionLost(label)

    house.desk.engine.tap = away
    headers = signed(SECRET, house.clock(), body)
    response = await sandbox.to_coffer.post(PATH, content=body, headers=headers)
    house.desk.engine.tap = None
    assert response.status_code == 503
    assert await dump() == before
    response = await sandbox.to_coffer.post(PATH, content=body, headers=headers)
    assert response.status_code == 204


async def test_without_a_bank_nobody_calls(house: HouseUnderTest) -> None:
    callbacks = BankCallbacks(None, lambda: house)
    coffer = Starlette(routes=[Route(PATH, callbacks.respond, methods=["POST"])])
    transport = httpx.ASGITransport(coffer)
    async with httpx.AsyncClient(transport=transport, base_url=COFFER) as client:
        headers = signed("", house.clock(), b"{}")
        response = await client.post(PATH, content=b"{}", headers=headers)
    assert response.status_code == 404
