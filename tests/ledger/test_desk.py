"""The posting desk on both engines: one effect for each key, whatever happens in between."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from models import Account, Answer, Line, Ticket
from models.engines import Conflict, ConnectionLost, Lookup, Row, Table
from models.kinds import EntryKind, WalletKind
from services.actors import SYSTEM
from services.ledger.books import Books, LedgerFault
from services.ledger.check import check_ledger
from services.ledger.command import Answered, Body, Command, Fact, RowLock
from services.ledger.desk import DeskClosed, DeskFull, DeskUnavailable
from services.ledger.postings import Move
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_platform,
    an_account,
    balance,
    dump,
    house_on,
    id_of,
    new_id,
    refused,
)
from tests.ledger.support import BANK, Broken, a_command, breaking, checked, fund, opening, pay

TICKETS = Table.of(Ticket)
ACCOUNTS = Table.of(Account)
EVERYTHING = 100_00


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house whose books must be sound when the test is through."""
    async with house_on(database_url) as opened:
        opened.desk.pause_s = 0
        opened.desk.engine.portion = 1  # what one writes, the next one of its group finds
        yield opened
    await checked(database_url)


@pytest.fixture
async def payer(house: HouseUnderTest) -> UUID:
    """An account with 100.00 in it."""
    return await an_account(house, await a_customer(house), EVERYTHING)


@pytest.fixture
async def shop(house: HouseUnderTest) -> UUID:
    """A platform's wallet."""
    return id_of(await a_platform(house))


def a_ticket(**changes: object) -> Row:
    row = {
        "id": new_id(),
        "purchase_id": new_id(),
        "account_id": new_id(),
        "draw_id": new_id(),
        "numbers": "1",
        "stake_minor": 1,
        "serial": None,
        "state": "CONFIRMED",
        "confirm_by": None,
    }
    return row | changes


def buy(payer: UUID, shop: UUID, amount_minor: int = 1, key: str | None = None) -> Command:
    return pay(EntryKind.PURCHASE, payer, shop, amount_minor, key)


def faulty(payer: UUID, shop: UUID, fault: str, key: str | None = None) -> Command:
    """Return a command that moves money, and then has a fault that only its answer shows."""

    def decide(books: Books) -> Body:
        books.post(EntryKind.PURCHASE, Move(payer, shop, 1))
        if fault == "answer":
            return {"cannot be kept": object()}
        if fault == "refusal":
            raise Refused(RefusalCode.NOT_FOUND, detail=object())
        if fault == "stop":
            raise StopIteration
        if fault == "change":
            books.update(TICKETS, new_id(), state="REFUNDED")
        raise ZeroDivisionError

    return a_command(decide, payer, shop, key=key)


async def test_asked_again_the_first_answer_is_given_again(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    first = await house.desk.submit(buy(payer, shop, 40_00, "k"))
    assert first.body["left_minor"] == 60_00
    await house.desk.submit(buy(payer, shop, 10_00))
    before = await dump()
    assert await house.desk.submit(buy(payer, shop, 40_00, "k")) == Answered(first.body, True)  # noqa: FBT003 - replayed
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await house.desk.submit(buy(payer, shop, 41_00, "k"))
    assert await dump() == before


async def test_a_refusal_is_an_answer_too(house: HouseUnderTest, payer: UUID) -> None:
    other = await an_account(house, await a_customer(house))

    def decide(books: Books) -> Body:
        if books.wallet(payer).balance_minor < EVERYTHING + 1:
            raise Refused(
                RefusalCode.INSUFFICIENT_FUNDS, "list", 3, at=books.now, wallet=payer, tags=("a",)
            )
        return {}

    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, "list", 3) as first:
        await house.desk.submit(a_command(decide, payer, other, key="k"))
    await house.desk.submit(pay(EntryKind.DEPOSIT, BANK, payer, 5_00))
    async with refused(house, RefusalCode.INSUFFICIENT_FUNDS, "list", 3) as again:
        await house.desk.submit(a_command(decide, payer, other, key="k"))
    # The first answer is as complete as every later one: JSON values, nothing else.
    assert first.value.refusal == again.value.refusal
    assert again.value.refusal.details == {
        "at": house.clock().isoformat(),
        "wallet": str(payer),
        "tags": ["a"],
    }
    assert (first.value.replayed, again.value.replayed) == (False, True)


async def test_two_at_once_are_one(house: HouseUnderTest, payer: UUID, shop: UUID) -> None:
    groups = house.desk.figures.groups
    answers = await asyncio.gather(
        *(house.desk.submit(buy(payer, shop, 30_00, "k")) for _ in range(5))
    )
    assert house.desk.figures.groups == groups + 1
    assert [answer.replayed for answer in answers] == [False, True, True, True, True]
    assert len({answer.body["entry"] for answer in answers}) == 1
    assert await balance(payer) == 70_00


async def test_one_key_with_two_meanings_in_one_group(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    answers = await asyncio.gather(
        house.desk.submit(buy(payer, shop, 30_00, "k")),
        house.desk.submit(buy(payer, shop, 31_00, "k")),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Answered)
    assert isinstance(answers[1], Refused)
    assert answers[1].refusal.code is RefusalCode.KEY_REUSED
    assert await balance(payer) == 70_00


async def test_a_group_is_decided_in_order(house: HouseUnderTest, payer: UUID, shop: UUID) -> None:
    """The last penny is spent once, and those refused disturb nobody."""
    answers = await asyncio.gather(
        *(house.desk.submit(buy(payer, shop, 30_00)) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(answer, Answered) for answer in answers] == [True, True, True, False, False]
    assert await balance(payer) == 10_00


@pytest.mark.parametrize("portion", [1, 2, 3, None])
async def test_a_later_command_of_a_group_uses_what_an_earlier_one_wrote(
    house: HouseUnderTest, payer: UUID, portion: int | None
) -> None:
    house.desk.engine.portion = portion
    ticket = a_ticket(serial="S", state="UNCONFIRMED")
    by_serial = Lookup.of(Ticket, "draw_id", "serial")
    fact = Fact(by_serial, (ticket["draw_id"], "S"))

    def write(books: Books) -> Body:
        if books.one(by_serial, *fact.key):
            raise Refused(RefusalCode.SERIAL_USED)
        books.insert(TICKETS, ticket | {"id": books.new_id()})
        return {}

    def confirm(books: Books) -> Body:
        row = books.one(by_serial, *fact.key)
        assert row is not None
        books.update(TICKETS, row["id"], state="CONFIRMED")
        return {"was": row["state"]}

    written, taken, confirmed, again = await asyncio.gather(
        *(
            house.desk.submit(a_command(decide, payer, facts=(fact,)))
            for decide in (write, write, confirm, confirm)
        ),
        return_exceptions=True,
    )
    assert isinstance(written, Answered)
    assert isinstance(taken, Refused)
    assert isinstance(confirmed, Answered)
    assert isinstance(again, Answered)
    assert (confirmed.body["was"], again.body["was"]) == ("UNCONFIRMED", "CONFIRMED")
    assert [row.state for row in await Ticket.all()] == ["CONFIRMED"]
    await Ticket.all().delete()  # it belongs to no purchase


async def test_a_row_locked_by_one_and_read_by_another_is_one_row(house: HouseUnderTest) -> None:
    ticket = a_ticket()
    await Ticket.create(**ticket)
    by_id = Lookup.on(TICKETS)

    def decide(books: Books) -> Body:
        return {"found": len(books.all(by_id, ticket["id"]))}

    answers = await asyncio.gather(
        house.desk.submit(a_command(decide, locks=(RowLock(TICKETS, ticket["id"], True),))),  # noqa: FBT003
        house.desk.submit(a_command(decide, facts=(Fact(by_id, (ticket["id"],)),))),
    )
    assert [answer.body["found"] for answer in answers] == [1, 1]
    await Ticket.all().delete()  # it belongs to no purchase


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("answer", TypeError),
        ("refusal", TypeError),
        ("stop", RuntimeError),
        ("change", LedgerFault),
        ("bug", ZeroDivisionError),
    ],
)
async def test_a_fault_keeps_nothing_and_harms_nobody(
    house: HouseUnderTest, payer: UUID, shop: UUID, fault: str, raised: type[Exception]
) -> None:
    before, answers = await dump(), await Answer.all().count()
    with pytest.raises(raised):
        await house.desk.submit(faulty(payer, shop, fault, "k"))
    assert await dump() == before
    assert await Answer.all().count() == answers
    left, failed, right = await asyncio.gather(
        house.desk.submit(buy(payer, shop, 1_00)),
        house.desk.submit(faulty(payer, shop, fault, "k")),
        house.desk.submit(buy(payer, shop, 2_00)),
        return_exceptions=True,
    )
    assert isinstance(left, Answered)
    assert isinstance(failed, raised)
    assert isinstance(right, Answered)
    assert await balance(payer) == 97_00
    # No answer was kept, so the key is free for a version of the program without the fault.
    await house.desk.submit(a_command(lambda books: {}, key="k"))  # noqa: ARG005


async def test_one_poisoned_command_of_many_is_found(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    """The database refuses a row: all of the group but its command is kept."""

    def poison(books: Books) -> Body:
        books.post(EntryKind.PURCHASE, Move(payer, shop, 50_00))
        books.insert(TICKETS, a_ticket(stake_minor=2**70))
        return {}

    commands = [buy(payer, shop, 1) for _ in range(64)]
    commands.insert(37, a_command(poison, payer, shop))
    answers = await asyncio.gather(
        *(house.desk.submit(command) for command in commands), return_exceptions=True
    )
    failed = [place for place, answer in enumerate(answers) if not isinstance(answer, Answered)]
    assert failed == [37]
    assert not isinstance(answers[37], (Refused, DeskUnavailable))
    assert house.desk.figures.splits >= 6
    assert await balance(payer) == EVERYTHING - 64


async def test_what_a_uniqueness_rule_refuses_is_kept_for_one(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    owner = await a_customer(house)

    def decide(books: Books) -> Body:
        books.post(EntryKind.PURCHASE, Move(payer, shop, 1))
        wallet = books.open_wallet(WalletKind.LOTTERY, "CNY", owner.id, books.new_id())
        row: Row = dict.fromkeys(ACCOUNTS.columns, "x")
        row |= {"id": wallet.id, "customer_id": owner.id, "currency": "CNY", "number": "777"}
        row |= {"identity": str(wallet.id), "closing_at": None, "closed_at": None}
        books.insert(ACCOUNTS, row | {"opened_at": books.now})
        return {}

    answers = await asyncio.gather(
        *(house.desk.submit(a_command(decide, payer, shop)) for _ in range(2)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Answered)
    assert isinstance(answers[1], Conflict)
    assert await balance(payer) == EVERYTHING - 1


STEPS = ("BEGIN", "SELECT", "write", "COMMIT", "COMMITTED")


def label(house: HouseUnderTest, step: str) -> str:
    if step != "write":
        return step
    return "WITH" if house.on_postgres else "INSERT"


@pytest.mark.parametrize("step", STEPS)
async def test_a_connection_lost_at_any_step_loses_nothing_and_doubles_nothing(
    house: HouseUnderTest, payer: UUID, shop: UUID, step: str
) -> None:
    with breaking(house.desk.engine, label(house, step), ConnectionLost("cut")) as seen:
        answers = await asyncio.gather(
            *(house.desk.submit(buy(payer, shop, 10_00)) for _ in range(3))
        )
    assert seen.count("BEGIN") == 2
    assert [answer.body["left_minor"] for answer in answers] == [90_00, 80_00, 70_00]
    # Found under their keys where the first commit had been kept.
    assert [answer.replayed for answer in answers] == [step == "COMMITTED"] * 3
    assert await balance(payer) == 70_00
    assert await Line.filter(wallet_id=payer).count() == 4


@pytest.mark.parametrize("step", STEPS)
async def test_whatever_breaks_at_a_step_the_key_knows(
    house: HouseUnderTest, payer: UUID, shop: UUID, step: str
) -> None:
    before = await dump()
    with breaking(house.desk.engine, label(house, step), Broken(), times=1):
        try:
            answered = await house.desk.submit(buy(payer, shop, 10_00, "k"))
        except Broken:
            assert await dump() == before
            answered = await house.desk.submit(buy(payer, shop, 10_00, "k"))
    assert answered.body["left_minor"] == 90_00
    assert await balance(payer) == 90_00


async def test_a_database_that_stays_away(house: HouseUnderTest, payer: UUID, shop: UUID) -> None:
    before = await dump()
    lost = ConnectionLost("away")
    with (
        breaking(house.desk.engine, "COMMIT", lost, times=1_000) as seen,
        pytest.raises(DeskUnavailable),
    ):
        await house.desk.submit(buy(payer, shop, 10_00, "k"))
    assert seen.count("BEGIN") == house.desk.tries
    assert await dump() == before
    assert not (await house.desk.submit(buy(payer, shop, 10_00, "k"))).replayed


async def test_a_caller_that_has_gone_stops_nobody(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    tasks = [asyncio.create_task(house.desk.submit(buy(payer, shop, 1_00))) for _ in range(3)]
    await asyncio.sleep(0)  # all are in the queue now
    tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], Answered)
    assert isinstance(results[1], asyncio.CancelledError)
    assert isinstance(results[2], Answered)
    assert await balance(payer) == 97_00  # the command was taken, and is kept under its key


async def test_a_full_queue_says_so(house: HouseUnderTest, payer: UUID, shop: UUID) -> None:
    house.desk.capacity = 2
    results = await asyncio.gather(
        *(house.desk.submit(buy(payer, shop, 1_00)) for _ in range(4)), return_exceptions=True
    )
    assert [type(result) for result in results] == [Answered, Answered, DeskFull, DeskFull]
    assert await balance(payer) == 98_00


async def test_several_are_taken_together_or_not_at_all(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    house.desk.capacity = 3
    with pytest.raises(DeskFull):
        await house.desk.submit_all([buy(payer, shop, 1_00) for _ in range(4)])
    assert await balance(payer) == EVERYTHING
    answers = await house.desk.submit_all([buy(payer, shop, 60_00) for _ in range(2)])
    assert [type(answer) for answer in answers] == [Answered, Refused]
    assert await balance(payer) == 40_00
    assert await house.desk.submit_all([]) == []
    await house.desk.close()
    with pytest.raises(DeskClosed):
        await house.desk.submit_all([buy(payer, shop, 1_00)])


async def test_no_group_is_larger_than_the_limit(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    house.desk.group_limit = 4
    groups = house.desk.figures.groups
    await asyncio.gather(*(house.desk.submit(buy(payer, shop)) for _ in range(10)))
    assert house.desk.figures.groups - groups == 3


async def test_a_closing_desk_settles_what_it_took(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    tasks = [asyncio.create_task(house.desk.submit(buy(payer, shop, 1))) for _ in range(300)]
    await asyncio.sleep(0)
    await house.desk.close()
    assert all(isinstance(result, Answered) for result in await asyncio.gather(*tasks))
    with pytest.raises(DeskClosed):
        await house.desk.submit(buy(payer, shop, 1))
    assert await balance(payer) == EVERYTHING - 300


async def test_a_desk_that_is_broken_off_leaves_nobody_waiting(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    tasks = [asyncio.create_task(house.desk.submit(buy(payer, shop, 1, "k")))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the group is on its way
    tasks += [asyncio.create_task(house.desk.submit(buy(payer, shop, 2)))]
    await asyncio.sleep(0)
    assert house.desk._loop is not None
    house.desk._loop.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [DeskUnavailable, DeskUnavailable]
    with pytest.raises(DeskClosed):
        await house.desk.submit(buy(payer, shop, 1))
    await house.desk.close()
    await house.desk.close()  # twice is once
    # The first command was on its way: kept or not, its key tells.
    assert await balance(payer) in {EVERYTHING, EVERYTHING - 1}


async def test_the_clock_is_read_after_the_locks(house: HouseUnderTest, payer: UUID) -> None:
    opened = house.clock()
    with breaking(house.desk.engine, "never", Broken()):
        inner = house.desk.engine.tap
        assert inner is not None

        def tap(step: str) -> None:
            if step == "SELECT" and house.clock() == opened:
                house.clock.now = opened + timedelta(seconds=3)  # the lock took its time

        house.desk.engine.tap = tap
        answered = await house.desk.submit(a_command(lambda books: {"now": books.now}, payer))
    assert answered.body["now"] == (opened + timedelta(seconds=3)).isoformat()


async def test_opening_a_wallet_and_using_it_in_one_group(house: HouseUnderTest) -> None:
    centre = await a_platform(house)
    pool = new_id()
    opened, funded = await asyncio.gather(
        house.desk.submit(opening(pool, WalletKind.PRIZE_POOL, centre.id)),
        house.desk.submit(fund(pool, 5_00)),
    )
    assert not opened.replayed
    assert funded.body["left_minor"] == -5_00
    assert await balance(pool) == 5_00


async def test_a_full_disk_keeps_nothing_and_loses_nothing(sqlite_url: str) -> None:
    async with house_on(sqlite_url) as house:
        house.desk.pause_s, house.desk.tries = 0, 2
        payer = await an_account(house, await a_customer(house), EVERYTHING)
        shop = id_of(await a_platform(house))
        before = await dump()
        engine = house.desk.engine
        connection: sqlite3.Connection = engine._connection  # type: ignore[attr-defined]
        connection.execute("PRAGMA max_page_count=1")  # as small as it is now

        def decide(books: Books) -> Body:
            posted = books.post(EntryKind.PURCHASE, Move(payer, shop, 1_00))
            return {"entry": posted.entry_id, "long": "x" * 100_000}

        with pytest.raises(DeskUnavailable):
            await house.desk.submit(a_command(decide, payer, shop, key="k"))
        assert await dump() == before
        connection = engine._connection  # type: ignore[attr-defined]
        connection.execute("PRAGMA max_page_count=1000000")
        assert not (await house.desk.submit(a_command(decide, payer, shop, key="k"))).replayed
        assert await balance(payer) == 99_00
    await checked(sqlite_url)


async def test_a_file_that_somebody_else_writes_to(sqlite_url: str) -> None:
    async with house_on(sqlite_url) as house:
        payer = await an_account(house, await a_customer(house), EVERYTHING)
        shop = id_of(await a_platform(house))
        connection: sqlite3.Connection = house.desk.engine._connection  # type: ignore[attr-defined]
        connection.execute("PRAGMA busy_timeout=20")
        stranger = sqlite3.connect(sqlite_url.removeprefix("sqlite://"), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(DeskUnavailable):
            await house.desk.submit(buy(payer, shop, 1_00, "k"))
        stranger.execute("ROLLBACK")
        stranger.close()
        assert not (await house.desk.submit(buy(payer, shop, 1_00, "k"))).replayed
        assert await balance(payer) == 99_00


async def test_the_check_sees_one_moment_while_the_desk_writes(
    house: HouseUnderTest, payer: UUID, shop: UUID
) -> None:
    async def spend() -> None:
        for _ in range(60):
            await house.desk.submit(buy(payer, shop, 1))

    spending = asyncio.create_task(spend())
    seen = []
    while not spending.done():
        report = await check_ledger(house, SYSTEM)
        assert report.differences == []
        seen.append(report.lines)
    await spending
    assert seen == sorted(seen)
    assert len(set(seen)) > 1  # money did move meanwhile
