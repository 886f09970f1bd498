"""The bank over HTTP: what it says is understood, and what it does not say is unknown."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from app.adapters.http_bank import TRIES, HttpBank
from app.building import built
from app.key_file import write_keyring
from app.settings import Settings
from services.bank import BankOrder, BankOutcome, BankState, BankUnavailable, CardDetails
from services.vault import Keyring
from tests.banking.sandbox import BASE, SECRET, Sandbox, gone_at_once, sandbox_beside
from tests.factories import CNY, HandClock, HouseUnderTest, a_card_number, new_id


@pytest.fixture
async def sandbox(house: HouseUnderTest, tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The sandbox bank behind the house."""
    async with sandbox_beside(house, tmp_path) as sandbox:
        yield sandbox


def an_order(amount_minor: int = 5_00, **changes: object) -> BankOrder:
    """Return an order for a few CNY."""
    order: dict[str, object] = {
        "id": new_id(),
        "amount_minor": amount_minor,
        "currency": CNY,
        "party": new_id(),
        "card": CardDetails(a_card_number(), "Zhang Wei"),
    }
    return BankOrder(**order | changes)  # type: ignore[arg-type]  # the test's own fields


async def test_collects_pays_and_tells(sandbox: Sandbox) -> None:
    bank = sandbox.house.bank
    collected = an_order(8_00)
    outcome = await bank.collect(collected)
    assert outcome.state is BankState.SETTLED
    assert await bank.collect(collected) == outcome == await bank.status(collected.id)
    paid = await bank.pay(an_order(3_00))
    assert paid.state is BankState.SETTLED
    assert sandbox.books.balances() == {CNY: 5_00}
    refused = await bank.pay(an_order(6_00))
    assert (refused.state, refused.reason) == (BankState.REFUSED, "no cover")
    blocked = an_order(card=CardDetails("4000000000000002", "Zhang Wei"))
    assert (await bank.collect(blocked)).reason == "the card is blocked"
    assert await bank.status(new_id()) == BankOutcome(BankState.UNKNOWN)
    lines = await bank.statement(0)
    assert [line.news.amount_minor for line in lines] == [8_00, -3_00]
    assert [line.news.instruction_id for line in await bank.statement(lines[0].position)] == [
        UUID(sandbox.books.instructions()[1]["id"])
    ]


async def test_an_id_is_one_order(sandbox: Sandbox) -> None:
    order = an_order()
    await sandbox.house.bank.collect(order)
    with pytest.raises(BankUnavailable):
        await sandbox.house.bank.pay(order)
    assert sandbox.books.balances() == {CNY: 5_00}


async def test_the_bank_takes_orders_from_its_client_alone(
    house: HouseUnderTest, sandbox: Sandbox
) -> None:
    stranger = HttpBank(sandbox.to_bank, "a secret of somebody else's", house.clock, pause_s=0)
    with pytest.raises(BankUnavailable):
        await stranger.collect(an_order())
    with pytest.raises(BankUnavailable):
        await stranger.statement(0)
    assert sandbox.books.instructions() == []


@pytest.mark.parametrize("fault", ["dies_before", "dies_after", "loses_answer", "unavailable"])
async def test_asked_again_it_moves_the_money_once(sandbox: Sandbox, fault: str) -> None:
    order = an_order()
    sandbox.books.behave({"faults": 100, fault: 1})
    with pytest.raises(BankUnavailable):
        await sandbox.house.bank.collect(order)
    sandbox.restart()
    sandbox.books.behave({})
    assert (await sandbox.house.bank.collect(order)).state is BankState.SETTLED
    assert sandbox.books.balances() == {CNY: 5_00}


Answer = Callable[[httpx.Request], httpx.Response]


def _times_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("with the card 6222 in it", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        _times_out,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(400),
        lambda _: httpx.Response(302, headers={"location": "http://elsewhere.invalid"}),
        lambda _: httpx.Response(200, content=b"<html>"),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(200, json={"state": "PERHAPS"}),
        lambda _: httpx.Response(200, json={"lines": [{"position": 1}]}),
    ],
)
async def test_whatever_else_it_says_is_unknown(answer: Answer) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=BASE) as client:
        bank = HttpBank(client, SECRET, HandClock(), pause_s=0)
        for ask in (
            lambda: bank.collect(an_order()),
            lambda: bank.pay(an_order()),
            lambda: bank.status(new_id()),
            lambda: bank.statement(0),
        ):
            with pytest.raises(BankUnavailable) as caught:
                await ask()
            assert "6222" not in str(caught.value)
            if answer is _times_out:
                assert caught.value.__cause__ is None


async def test_asks_a_few_times_and_no_more() -> None:
    asked: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["id"])
        return httpx.Response(503)

    async with httpx.AsyncClient(transport=httpx.MockTransport(away), base_url=BASE) as client:
        bank = HttpBank(client, SECRET, HandClock(), pause_s=0)
        order = an_order()
        with pytest.raises(BankUnavailable):
            await bank.pay(order)
    assert asked == [str(order.id)] * TRIES
    assert SECRET not in repr(bank)


async def test_a_connection_that_breaks_off_at_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keyring(tmp_path / "keys.json", Keyring.fresh())
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", gone_at_once)
    settings = Settings(
        sqlite_url, key_file=tmp_path / "keys.json", bank_url=BASE, bank_secret=SECRET
    )
    async with built(settings) as building:
        with pytest.raises(BankUnavailable, match="ConnectError"):
            await building.house.bank.pay(an_order())
