"""Holds: placed, captured in parts, released, expired; and who comes first in a race."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from models import Answer, Hold, Transaction
from models.kinds import EntryKind, HoldState
from services.actors import SYSTEM, NotAllowed
from services.ledger.capture_hold import CaptureHold, capture_hold
from services.ledger.expire_holds import expire_holds
from services.ledger.place_hold import PlaceHold, place_hold
from services.ledger.release_hold import ReleaseHold, release_hold
from services.partners.suspend import suspend_partner
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    an_account,
    an_operator,
    at_once,
    balance,
    beside,
    block,
    dump,
    events,
    house_on,
    id_of,
    in_turn,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
)
from tests.ledger.support import BANK, checked, pay


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books must be sound when the test is through."""
    async with house_on(database_url) as opened:
        yield opened
    await checked(database_url)


@pytest.fixture
async def account(house: HouseUnderTest) -> UUID:
    """An account with 100.00 in it."""
    return await an_account(house, await a_customer(house), 100_00)


@pytest.fixture
async def shop(house: HouseUnderTest) -> UUID:
    """A platform's wallet."""
    return id_of(await a_platform(house))


async def a_hold(
    house: HouseUnderTest, account: UUID, amount_minor: int = 60_00, minutes: int | None = None
) -> UUID:
    expires_at = None if minutes is None else house.clock() + timedelta(minutes=minutes)
    order = PlaceHold(a_key(), account, amount_minor, CNY, expires_at)
    return UUID((await place_hold(house, SYSTEM, order)).body["hold"]["id"])


def a_capture(hold_id: UUID, shop: UUID, amount_minor: int) -> CaptureHold:
    return CaptureHold(a_key(), hold_id, shop, amount_minor)


async def test_held_money_cannot_be_spent(house: HouseUnderTest, account: UUID, shop: UUID) -> None:
    order = PlaceHold(a_key(), account, 60_00, CNY)
    placed = await replayed(lambda: place_hold(house, SYSTEM, order))
    assert placed.body["available_minor"] == 40_00
    assert placed.body["hold"]["state"] == HoldState.PLACED
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, available_minor=40_00):
        await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 40_01))
    await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 40_00))


async def test_what_cannot_be_held(house: HouseUnderTest, account: UUID) -> None:
    def order(
        wallet_id: UUID, amount_minor: int, currency: str = CNY, minutes: int = 1
    ) -> PlaceHold:
        expires_at = house.clock() + timedelta(minutes=minutes)
        return PlaceHold(a_key(), wallet_id, amount_minor, currency, expires_at)

    async with refused(
        house, RefusalCode.INSUFFICIENT_FUNDS, "amount", available_minor=100_00, currency=CNY
    ):
        await place_hold(house, SYSTEM, order(account, 100_01))
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "amount", "currency"):
        await place_hold(house, SYSTEM, order(account, 1, "EUR"))
    async with refused(house, RefusalCode.HOLD_ENDED, "expiresAt"):
        await place_hold(house, SYSTEM, order(account, 1, minutes=0))
    async with refused(house, RefusalCode.NOT_FOUND):
        await place_hold(house, SYSTEM, order(new_id(), 1))
    async with refused(house, RefusalCode.NOT_FOUND, "walletId"):
        await place_hold(house, SYSTEM, order(BANK, 1))
    await block(house, account)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "amount", status="FROZEN"):
        await place_hold(house, SYSTEM, order(account, 1))


async def test_captures_in_parts_to_the_last_penny(
    house: HouseUnderTest, account: UUID, shop: UUID
) -> None:
    hold_id = await a_hold(house, account)
    first = a_capture(hold_id, shop, 25_00)
    captured = await replayed(lambda: capture_hold(house, SYSTEM, first))
    assert captured.body["hold"]["remaining_minor"] == 35_00
    assert captured.body["hold"]["state"] == HoldState.PLACED
    assert captured.body["available_minor"] == 40_00
    entry_id = captured.body["transaction"]["id"]
    assert await lines_of(entry_id) == {account: -25_00, shop: 25_00}
    shown = await Transaction.get(id=entry_id)
    assert (shown.type, shown.amount_minor, shown.partner_id) == ("PURCHASE", -25_00, shop)
    assert [kind for kind, _ in await events("customer:")] == ["PURCHASE"]
    assert await events("partner:") == [("PURCHASE", f"partner:{shop}")]
    async with refused(
        house, RefusalCode.INSUFFICIENT_FUNDS, "amount", available_minor=35_00, currency=CNY
    ):
        await capture_hold(house, SYSTEM, a_capture(hold_id, shop, 35_01))
    last = await capture_hold(house, SYSTEM, a_capture(hold_id, shop, 35_00))
    assert last.body["hold"]["state"] == HoldState.CAPTURED
    assert last.body["hold"]["ended_at"] is not None
    async with refused(house, RefusalCode.HOLD_ENDED, "holdId", state="CAPTURED"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, shop, 1))
    async with refused(house, RefusalCode.HOLD_ENDED, "holdId", state="CAPTURED"):
        await release_hold(house, SYSTEM, ReleaseHold(a_key(), hold_id))
    assert (await balance(account), await balance(shop)) == (40_00, 60_00)


async def test_captures_that_are_refused(house: HouseUnderTest, account: UUID, shop: UUID) -> None:
    hold_id = await a_hold(house, account)
    operator = await an_operator(house)
    async with refused(house, RefusalCode.NOT_FOUND, "holdId"):
        await capture_hold(house, SYSTEM, a_capture(new_id(), shop, 1))
    async with refused(house, RefusalCode.NOT_FOUND, "partnerId"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, id_of(operator), 1))
    euros = id_of(await a_platform(house, currency="EUR"))
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "partnerId"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, euros, 1))
    other = id_of(await a_platform(house))
    await suspend_partner(house, operator, a_key(), other)
    async with refused(house, RefusalCode.PARTNER_SUSPENDED, "partnerId"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, other, 1))
    await block(house, account)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "amount"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, shop, 1))


async def test_released_in_part_and_whole(house: HouseUnderTest, account: UUID) -> None:
    hold_id = await a_hold(house, account)
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, "amount", available_minor=60_00):
        await release_hold(house, SYSTEM, ReleaseHold(a_key(), hold_id, 60_01))
    part = ReleaseHold(a_key(), hold_id, 20_00)
    released = await replayed(lambda: release_hold(house, SYSTEM, part))
    assert released.body["available_minor"] == 60_00
    assert released.body["hold"]["state"] == HoldState.PLACED
    rest = await release_hold(house, SYSTEM, ReleaseHold(a_key(), hold_id))
    assert rest.body["available_minor"] == 100_00
    assert rest.body["hold"]["state"] == HoldState.RELEASED
    async with refused(house, RefusalCode.NOT_FOUND, "holdId"):
        await release_hold(house, SYSTEM, ReleaseHold(a_key(), new_id()))


async def test_a_hold_past_its_expiry_is_over_for_everybody(
    house: HouseUnderTest, account: UUID, shop: UUID
) -> None:
    hold_id = await a_hold(house, account, minutes=10)
    kept = await a_hold(house, account, 10_00, minutes=11)
    for_ever = await a_hold(house, account, 5_00)
    assert await expire_holds(house) == 0
    house.clock.advance(minutes=10)
    async with refused(house, RefusalCode.HOLD_ENDED, "holdId", state="EXPIRED"):
        await capture_hold(house, SYSTEM, a_capture(hold_id, shop, 1))
    async with refused(house, RefusalCode.HOLD_ENDED, "holdId", state="EXPIRED"):
        await release_hold(house, SYSTEM, ReleaseHold(a_key(), hold_id))
    assert await expire_holds(house) == 1
    assert await expire_holds(house) == 0
    states = {hold.id: hold.state for hold in await Hold.all()}
    assert states == {hold_id: "EXPIRED", kept: "PLACED", for_ever: "PLACED"}
    # What expired can be spent again.
    await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 85_00))


async def test_many_holds_expire_in_batches(house: HouseUnderTest, account: UUID) -> None:
    holds = [await a_hold(house, account, 1, minutes=1) for _ in range(3)]
    house.clock.advance(minutes=2)
    assert await at_once(expire_holds(house), expire_holds(house)) in (
        [0, 3],
        [3, 0],
        [1, 2],
        [2, 1],
    )
    assert await Hold.filter(state="EXPIRED").count() == len(holds)


async def test_a_clock_that_goes_back_does_not_keep_a_hold_for_ever(
    house: HouseUnderTest, account: UUID
) -> None:
    await a_hold(house, account, minutes=1)
    house.clock.advance(minutes=2)
    engine = house.desk.engine

    def step_back(label: str) -> None:
        if label == "BEGIN":
            house.clock.advance(minutes=-2)
            engine.tap = None

    engine.tap = step_back  # found as due, and not due any more under the lock
    answers, before = await Answer.all().count(), await dump()
    assert await expire_holds(house) == 0
    assert (await Answer.all().count(), await dump()) == (answers, before)
    house.clock.advance(minutes=2)
    assert await expire_holds(house) == 1


async def test_capture_release_and_expiry_at_once(
    house: HouseUnderTest, account: UUID, shop: UUID
) -> None:
    hold_id = await a_hold(house, account)
    results = await at_once(
        capture_hold(house, SYSTEM, a_capture(hold_id, shop, 60_00)),
        release_hold(house, SYSTEM, ReleaseHold(a_key(), hold_id)),
        capture_hold(house, SYSTEM, a_capture(hold_id, shop, 60_00)),
    )
    won = [result for result in results if not isinstance(result, Refused)]
    codes = [result.refusal.code for result in results if isinstance(result, Refused)]
    assert len(won) == 1
    assert codes == [RefusalCode.HOLD_ENDED] * 2


@on_postgres
async def test_two_processes_capture_the_same_hold(database_url: str) -> None:
    async with house_on(database_url) as house, beside(house) as other:
        account = await an_account(house, await a_customer(house), 100_00)
        shop = id_of(await a_platform(house))
        hold_id = await a_hold(house, account)
        first, second = await in_turn(
            house,
            "wallet",
            account,
            lambda: capture_hold(house, SYSTEM, a_capture(hold_id, shop, 40_00)),
            lambda: capture_hold(other, SYSTEM, a_capture(hold_id, shop, 40_00)),
        )
        assert not isinstance(first, BaseException)
        assert isinstance(second, Refused)
        assert second.refusal.details["available_minor"] == 20_00
        assert await balance(shop) == 40_00


async def test_holds_are_the_house_s_business(house: HouseUnderTest, account: UUID) -> None:
    hold_id = await a_hold(house, account)
    operator = await an_operator(house)
    before = await dump()
    for actor in (await a_customer(house), await a_platform(house)):
        before = await dump()
        with pytest.raises(NotAllowed):
            await place_hold(house, actor, PlaceHold(a_key(), account, 1, CNY))
        with pytest.raises(NotAllowed):
            await capture_hold(house, actor, a_capture(hold_id, id_of(actor), 1))
        with pytest.raises(NotAllowed):
            await release_hold(house, actor, ReleaseHold(a_key(), hold_id))
        assert await dump() == before
    await asyncio.gather(release_hold(house, operator, ReleaseHold(a_key(), hold_id)))
