"""Reversal: an entry taken back once, by its mirror, with what the holder sees kept true."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from models import Entry, Transaction
from models.engines import Conflict
from models.kinds import EntryKind, TransactionState
from services.actors import SYSTEM, NotAllowed
from services.ledger.books import Books
from services.ledger.capture_hold import CaptureHold, capture_hold
from services.ledger.command import Body
from services.ledger.place_hold import PlaceHold, place_hold
from services.ledger.postings import Move
from services.ledger.reverse import ReverseEntry, mirrored, reverse
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_centre,
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
    give,
    house_on,
    id_of,
    in_turn,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
)
from tests.ledger.support import BANK, a_command, checked, pay


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books must be sound when the test is through."""
    async with house_on(database_url) as opened:
        yield opened
    await checked(database_url)


@pytest.fixture
async def account(house: HouseUnderTest) -> UUID:
    """An empty account."""
    return await an_account(house, await a_customer(house))


def a_reversal(entry_id: UUID | str) -> ReverseEntry:
    return ReverseEntry(a_key(), UUID(str(entry_id)), "the bank took it back")


async def test_the_database_itself_takes_no_entry_back_twice(
    house: HouseUnderTest, account: UUID
) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)

    def decide(books: Books) -> Body:
        books.post(EntryKind.REVERSAL, Move(account, BANK, 30_00), reverses_id=UUID(str(deposit)))
        return {}

    await house.desk.submit(a_command(decide, account, BANK))
    with pytest.raises(Conflict):
        await house.desk.submit(a_command(decide, account, BANK))


async def test_a_deposit_is_taken_back(house: HouseUnderTest, account: UUID) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    order = a_reversal(deposit)
    answered = await replayed(lambda: reverse(house, SYSTEM, order))
    entry = await Entry.get(id=answered.body["entry"]["id"])
    assert (entry.kind, entry.reverses_id) == (EntryKind.REVERSAL, deposit)
    assert entry.reason == "the bank took it back"
    assert await lines_of(entry.id) == {account: -70_00, BANK: 70_00}
    original, refund = await Transaction.filter(account_id=account).order_by("number")
    assert (original.state, original.refunded_minor) == (TransactionState.REFUNDED, 70_00)
    assert (refund.id, refund.type, refund.amount_minor) == (entry.id, "REFUND", -70_00)
    assert (refund.original_id, refund.balance_after_minor) == (deposit, 0)
    assert [kind for kind, _ in await events("customer:")] == ["REFUND"]


async def test_once_only(house: HouseUnderTest, account: UUID) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    await give(house, EntryKind.DEPOSIT, account, 70_00)
    results = await at_once(*(reverse(house, SYSTEM, a_reversal(deposit)) for _ in range(3)))
    refusals = [result.refusal.code for result in results if isinstance(result, Refused)]
    assert refusals == [RefusalCode.REVERSED_ALREADY] * 2
    async with refused(house, RefusalCode.REVERSED_ALREADY, "entryId"):
        await reverse(house, SYSTEM, a_reversal(deposit))
    assert await balance(account) == 70_00


@on_postgres
async def test_once_only_by_two_processes(database_url: str) -> None:
    async with house_on(database_url) as house, beside(house) as other:
        account = await an_account(house, await a_customer(house), 100_00)
        deposit = (await Transaction.get(account_id=account)).id
        await give(house, EntryKind.DEPOSIT, account, 100_00)
        first, second = await in_turn(
            house,
            "wallet",
            account,
            lambda: reverse(house, SYSTEM, a_reversal(deposit)),
            lambda: reverse(other, SYSTEM, a_reversal(deposit)),
        )
        assert not isinstance(first, BaseException)
        assert isinstance(second, Refused)
        assert second.refusal.code is RefusalCode.REVERSED_ALREADY


async def test_what_is_spent_or_held_cannot_be_taken_back(
    house: HouseUnderTest, account: UUID
) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    shop = id_of(await a_platform(house))
    await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 1))
    async with refused(
        house, RefusalCode.INSUFFICIENT_FUNDS, "entryId", available_minor=69_99, currency=CNY
    ):
        await reverse(house, SYSTEM, a_reversal(deposit))
    await give(house, EntryKind.DEPOSIT, account, 1)
    await place_hold(house, SYSTEM, PlaceHold(a_key(), account, 2, CNY))
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, "entryId", available_minor=69_98):
        await reverse(house, SYSTEM, a_reversal(deposit))


async def test_a_blocked_account_does_not_stop_it(house: HouseUnderTest, account: UUID) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    await block(house, account)
    await reverse(house, SYSTEM, a_reversal(deposit))
    assert await balance(account) == 0


async def test_pool_funding_is_taken_back(house: HouseUnderTest) -> None:
    pool = id_of(await a_centre(house))
    funding = await give(house, EntryKind.POOL_FUNDING, pool, 500_00)
    answered = await reverse(house, await an_operator(house), a_reversal(funding))
    assert answered.body["transaction"] is None
    assert (await balance(pool), await balance(BANK)) == (0, 0)


async def test_a_capture_is_taken_back(house: HouseUnderTest, account: UUID) -> None:
    await give(house, EntryKind.DEPOSIT, account, 70_00)
    shop = id_of(await a_platform(house))
    hold = await place_hold(house, SYSTEM, PlaceHold(a_key(), account, 30_00, CNY))
    capture = CaptureHold(a_key(), UUID(hold.body["hold"]["id"]), shop, 30_00)
    captured = (await capture_hold(house, SYSTEM, capture)).body["transaction"]["id"]
    answered = await reverse(house, SYSTEM, a_reversal(captured))
    assert answered.body["transaction"]["amount_minor"] == 30_00
    assert (await balance(account), await balance(shop)) == (70_00, 0)
    assert f"partner:{shop}" in [audience for _, audience in await events("partner:")]


async def test_what_cannot_be_reversed(house: HouseUnderTest, account: UUID) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    shop = id_of(await a_platform(house))
    bought = await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 1))
    await give(house, EntryKind.DEPOSIT, account, 1)
    reversal = await reverse(house, SYSTEM, a_reversal(deposit))
    for entry_id in (bought.body["entry"], reversal.body["entry"]["id"], new_id()):
        async with refused(house, RefusalCode.NOT_FOUND, "entryId"):
            await reverse(house, SYSTEM, a_reversal(entry_id))


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
async def test_a_reason_is_needed(house: HouseUnderTest, account: UUID, reason: str) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    before = await dump()
    with pytest.raises(ValueError, match="reason"):
        await reverse(house, SYSTEM, ReverseEntry(a_key(), deposit, reason))
    assert await dump() == before


async def test_only_the_house_and_operators_reverse(house: HouseUnderTest, account: UUID) -> None:
    deposit = await give(house, EntryKind.DEPOSIT, account, 70_00)
    for actor in (await a_customer(house), await a_platform(house), await a_centre(house)):
        before = await dump()
        with pytest.raises(NotAllowed):
            await reverse(house, actor, a_reversal(deposit))
        assert await dump() == before


def test_every_way_of_an_entry_is_mirrored() -> None:
    pool, winner, tax, other = (UUID(int=n) for n in range(4))
    lines = [
        {"wallet_id": wallet_id, "amount_minor": amount_minor}
        for wallet_id, amount_minor in ((pool, -10), (other, -5), (winner, 12), (tax, 3))
    ]
    net = dict.fromkeys((pool, winner, tax, other), 0)
    for move in mirrored(lines):
        assert move.amount_minor > 0
        net[move.source] -= move.amount_minor
        net[move.to] += move.amount_minor
    assert net == {pool: 10, other: 5, winner: -12, tax: -3}
