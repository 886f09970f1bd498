"""Several desks on one PostgreSQL, connections lost at the worst moment, and a server killed."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from app.database import migrate
from models import Account, Answer, Entry, Line, Wallet
from models.engines import Row, Statement, Table
from models.engines.postgres import PostgresEngine
from models.kinds import EntryKind, WalletKind
from services.ledger.command import Answered, Command, Key, RowLock
from services.ledger.desk import Desk, DeskUnavailable
from services.refusals import Refused
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_platform,
    an_account,
    balance,
    beside,
    house_on,
    id_of,
    new_id,
)
from tests.ledger.proxy import Cut, proxied
from tests.ledger.support import BANK, Broken, checked, fund, opening, pay
from tests.servers import running_postgres

pytestmark = pytest.mark.postgres

RICH = 1_000_000_00


@asynccontextmanager
async def a_desk(house: HouseUnderTest, engine: PostgresEngine) -> AsyncIterator[Desk]:
    """Open another desk on the house's database."""
    desk = Desk(engine, house.clock, new_id, pause_s=0.01)
    await desk.open()
    try:
        yield desk
    finally:
        await desk.close()


async def settled(desk: Desk, command: Command) -> Answered | Refused:
    """Ask until there is an answer, as every client does."""
    while True:
        try:
            return await desk.submit(command)
        except Refused as refused:
            return refused
        except DeskUnavailable:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
async def test_crossed_wallets_never_wait_in_a_circle(postgres_url: str, isolation: str) -> None:
    """Whatever isolation the database has by default, the desk sees what its locks waited for."""
    session = await asyncpg.connect(postgres_url)
    name = postgres_url.rpartition("/")[2]
    await session.execute(
        f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{isolation}'"
    )
    await session.close()
    dice = random.Random(11)
    async with house_on(postgres_url) as house, beside(house) as other:
        accounts = [await an_account(house, await a_customer(house), 500) for _ in range(6)]
        shops = [id_of(await a_platform(house)) for _ in range(3)]

        async def client(desk: Desk) -> None:
            for _ in range(15):
                account, shop = dice.choice(accounts), dice.choice(shops)
                command = (
                    pay(EntryKind.PURCHASE, account, shop, dice.randint(1, 90))
                    if dice.random() < 0.6
                    else pay(EntryKind.REFUND, shop, account, dice.randint(1, 90))
                )
                try:
                    await desk.submit(command)
                except Refused:
                    continue

        clients = itertools.chain.from_iterable(
            (client(house.desk), client(other.desk)) for _ in range(16)
        )
        await asyncio.gather(*clients)  # none was unavailable
        # Of two that wait in a circle the server ends one, which tries again.
        retries = house.desk.figures.retries + other.desk.figures.retries
        assert retries == 0
        money = sum([await balance(wallet_id) for wallet_id in (*accounts, *shops)])
        assert money == 6 * 500
    await checked(postgres_url)


async def test_the_same_keys_without_wallets_at_the_same_time(postgres_url: str) -> None:
    async with house_on(postgres_url) as house, beside(house) as other:
        wallets = await Wallet.all().count()
        pairs = []
        for number in range(60):
            commands = [opening(new_id(), WalletKind.LOTTERY) for _ in range(2)]
            key = Key.of("test", "open", f"both-{number}", {})
            pairs.append([Command(key, command.decide) for command in commands])
        forth = [settled(house.desk, first) for first, _ in pairs]
        back = [settled(other.desk, second) for _, second in reversed(pairs)]
        results = await asyncio.gather(*forth, *back)
        answers = [result for result in results if isinstance(result, Answered)]
        assert len(answers) == 120
        assert sum(not answer.replayed for answer in answers) == 60
        assert await Wallet.all().count() == wallets + 60
    await checked(postgres_url)


async def test_one_hot_wallet_is_written_once_for_many(postgres_url: str) -> None:
    async with house_on(postgres_url) as house, beside(house) as other:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), RICH) for _ in range(16)]
        desks = (house.desk, other.desk)
        before = [(desk.figures.commands, desk.figures.groups) for desk in desks]

        async def client(number: int) -> None:
            for _ in range(20):
                await desks[number % 2].submit(
                    pay(EntryKind.PURCHASE, accounts[number % 16], shop, 1)
                )

        await asyncio.gather(*(client(number) for number in range(64)))
        for desk, (commands, groups) in zip(desks, before, strict=True):
            a_transaction = (desk.figures.commands - commands) / (desk.figures.groups - groups)
            assert a_transaction > 4
        assert await balance(shop) == 64 * 20
    await checked(postgres_url)


@pytest.mark.parametrize(("turn_ms", "groups"), [(30_000, 1), (1, 2)])
async def test_what_arrives_before_a_desks_turn_goes_along(
    postgres_url: str, turn_ms: int, groups: int
) -> None:
    """Whoever waits in vain for another desk goes on all the same, with what was there."""
    async with house_on(postgres_url) as house, another_engine(postgres_url) as other:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), 100) for _ in range(4)]
        async with a_desk(house, PostgresEngine(postgres_url, turn_ms=turn_ms)) as desk:
            await other.take_turn(shop)
            asked = [
                asyncio.create_task(desk.submit(pay(EntryKind.PURCHASE, account, shop, 10)))
                for account in accounts[:2]
            ]
            if groups == 1:
                await _until_somebody_waits(postgres_url)
            else:
                await asyncio.gather(*asked)
            asked += [
                asyncio.create_task(desk.submit(pay(EntryKind.PURCHASE, account, shop, 10)))
                for account in accounts[2:]
            ]
            await asyncio.sleep(0)
            await other.close()
            await asyncio.gather(*asked)
            assert desk.figures.groups == groups
            assert desk.figures.retries == 0
        assert await balance(shop) == 40
    await checked(postgres_url)


async def test_the_first_command_of_many_waits_for_the_desks_turn_too(postgres_url: str) -> None:
    """What was shared a moment ago will be again: a group of one would only hold up the rest."""
    async with house_on(postgres_url) as house, another_engine(postgres_url) as other:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), 100) for _ in range(3)]
        purchases = [pay(EntryKind.PURCHASE, account, shop, 10) for account in 2 * accounts]
        async with a_desk(house, PostgresEngine(postgres_url, turn_ms=30_000)) as desk:
            await desk.submit_all(purchases[:3])
            before = desk.figures.groups
            await other.take_turn(shop)
            asked = [asyncio.create_task(desk.submit(purchases[3]))]
            await _until_somebody_waits(postgres_url)
            asked += [asyncio.create_task(desk.submit(purchase)) for purchase in purchases[4:]]
            await asyncio.sleep(0)
            await other.close()
            await asyncio.gather(*asked)
            assert desk.figures.groups == before + 1
        assert await balance(shop) == 60
    await checked(postgres_url)


@asynccontextmanager
async def another_engine(url: str) -> AsyncIterator[PostgresEngine]:
    """Connect as another desk does, and close whatever is open in the end."""
    engine = PostgresEngine(url)
    await engine.connect()
    try:
        yield engine
    finally:
        await engine.close()


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("with_wallets", [True, False])
async def test_a_connection_lost_in_commit(
    postgres_url: str, cut: Cut, *, with_wallets: bool
) -> None:
    async with house_on(postgres_url) as house, proxied(postgres_url) as proxy:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), 100) for _ in range(3)]
        wallets, entries = await Wallet.all().count(), await Entry.all().count()
        commands = (
            [pay(EntryKind.PURCHASE, account, shop, 10) for account in accounts]
            if with_wallets
            else [opening(new_id(), WalletKind.LOTTERY) for _ in range(3)]
        )
        engine = PostgresEngine(proxy.url, command_timeout_s=1)
        async with a_desk(house, engine) as desk:
            proxy.cut = cut
            asked = [asyncio.create_task(settled(desk, command)) for command in commands]
            if cut is Cut.LATE:
                # The second run waits for what the first one holds: locks, or its answers' key.
                await _until_somebody_waits(postgres_url)
                proxy.let_late_ones_arrive()
            answers = await asyncio.gather(*asked)
            assert proxy.cuts == 1
            assert all(isinstance(answer, Answered) for answer in answers)
            # Kept by the first commit and found, or done by the second: never both.
            assert {answer.replayed for answer in answers} == {cut is not Cut.BEFORE}
        assert await Wallet.all().count() == wallets + (0 if with_wallets else 3)
        assert await Entry.all().count() == entries + (3 if with_wallets else 0)
        assert await balance(shop) == (30 if with_wallets else 0)
    await checked(postgres_url)


async def _until_somebody_waits(url: str) -> None:
    session = await asyncpg.connect(url)
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        # The server tells nobody that a lock is waited for: it has to be asked.
        while not await session.fetchval(query):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await session.close()


async def test_a_locked_wallet_holds_up_nobody_else(postgres_url: str) -> None:
    async with house_on(postgres_url) as house:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), 100) for _ in range(8)]
        engine = PostgresEngine(postgres_url, session={"lock_timeout": "300ms"})
        stranger = await asyncpg.connect(postgres_url)
        async with a_desk(house, engine) as desk:
            transaction = stranger.transaction()
            await transaction.start()
            await stranger.execute("SELECT 1 FROM wallet WHERE id = $1 FOR UPDATE", accounts[3])
            commands = [pay(EntryKind.PURCHASE, account, shop, 10) for account in accounts]
            began = time.monotonic()
            results = await asyncio.gather(
                *(desk.submit(command) for command in commands), return_exceptions=True
            )
            assert time.monotonic() - began < 5
            kinds = [type(result) for result in results]
            assert kinds == [Answered] * 3 + [DeskUnavailable] + [Answered] * 4
            assert await balance(shop) == 70
            await transaction.rollback()
            again = await desk.submit(commands[3])
            assert not again.replayed
            assert await balance(shop) == 80
        await stranger.close()
    await checked(postgres_url)


async def test_a_shared_row_that_is_locked_holds_up_nobody_else(postgres_url: str) -> None:
    """What is true of wallets is true of the rows that are locked after them."""
    async with house_on(postgres_url) as house:
        shop = id_of(await a_platform(house))
        accounts = [await an_account(house, await a_customer(house), 100) for _ in range(2)]
        engine = PostgresEngine(postgres_url, session={"lock_timeout": "300ms"})
        stranger = await asyncpg.connect(postgres_url)
        async with a_desk(house, engine) as desk:
            transaction = stranger.transaction()
            await transaction.start()
            await stranger.execute("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", accounts[0])
            free, stuck = (pay(EntryKind.PURCHASE, account, shop, 10) for account in accounts)
            lock = RowLock(Table.of(Account), accounts[0])
            stuck = Command(stuck.key, stuck.decide, stuck.wallets, (lock,))
            results = await asyncio.gather(
                desk.submit(free), desk.submit(stuck), return_exceptions=True
            )
            assert [type(result) for result in results] == [Answered, DeskUnavailable]
            await transaction.rollback()
            assert not (await desk.submit(stuck)).replayed
        await stranger.close()
    await checked(postgres_url)


async def test_work_that_breaks_off_while_the_server_writes_keeps_nothing(
    postgres_url: str,
) -> None:
    async with house_on(postgres_url) as house, another_engine(postgres_url) as engine:
        shop = id_of(await a_platform(house))

        def work(status: str, *, well: bool) -> Generator[Statement, list[list[Row]], str]:
            sleep = "" if well else ", pg_sleep(60)"
            change = "UPDATE wallet SET status = $1::text WHERE id = $2::uuid"
            yield Statement(f"WITH w AS ({change}) SELECT 1{sleep}", (status, shop))
            if not well:
                raise Broken
            return status

        begun_s = time.monotonic()
        with pytest.raises(Broken):
            await engine.run(lambda: work("FROZEN", well=False))
        assert time.monotonic() - begun_s < 30
        assert (await Wallet.get(id=shop)).status == "ACTIVE"
        # It connects anew.
        assert await engine.run(lambda: work("FROZEN", well=True)) == "FROZEN"
        assert (await Wallet.get(id=shop)).status == "FROZEN"


async def test_a_desk_that_stalls_loses_its_locks(postgres_url: str) -> None:
    async with house_on(postgres_url) as house:
        shop = id_of(await a_platform(house))
        account = await an_account(house, await a_customer(house), 100)
        stalled = await asyncpg.connect(
            postgres_url, server_settings={"idle_in_transaction_session_timeout": "500ms"}
        )
        await stalled.execute("BEGIN")
        await stalled.execute(f"SELECT 1 FROM wallet WHERE id = '{shop}' FOR UPDATE")  # noqa: S608
        await house.desk.submit(pay(EntryKind.PURCHASE, account, shop, 10))
        assert await balance(shop) == 10
        stalled.terminate()
    await checked(postgres_url)


async def test_a_server_killed_under_load_loses_nothing_and_doubles_nothing() -> None:
    with running_postgres() as server:
        url = await server.create_database("killed")
        await migrate(url)
        acknowledged: dict[str, UUID] = {}
        async with house_on(url, audited=False) as house:
            shop = id_of(await a_platform(house))
            accounts = [await an_account(house, await a_customer(house), RICH) for _ in range(8)]
            house.desk.tries = 3
            keys = (f"load-{number}" for number in itertools.count())
            done = asyncio.Event()

            async def client(number: int) -> None:
                while not done.is_set():
                    key = next(keys)
                    account = accounts[number % len(accounts)]
                    answered = await settled(
                        house.desk, pay(EntryKind.PURCHASE, account, shop, 1, key)
                    )
                    assert isinstance(answered, Answered)
                    acknowledged[key] = UUID(answered.body["entry"])

            clients = [asyncio.create_task(client(number)) for number in range(24)]
            for _ in range(3):
                await _until_more(acknowledged, 200)
                await asyncio.to_thread(server.kill9)
                await asyncio.to_thread(server.start)
            await _until_more(acknowledged, 200)
            done.set()
            await asyncio.gather(*clients)
            entries = {line.entry_id for line in await Line.filter(wallet_id=shop)}
            assert entries == set(acknowledged.values())
            assert len(entries) == len(acknowledged)
            assert await balance(shop) == len(acknowledged)
            assert await Answer.filter(key__startswith="load-").count() == len(acknowledged)
        await checked(url)


async def _until_more(acknowledged: dict[str, UUID], count: int) -> None:
    goal = len(acknowledged) + count
    async with asyncio.timeout(60):
        while len(acknowledged) < goal:  # noqa: ASYNC110 - clients report by and by
            await asyncio.sleep(0.01)


async def test_a_desk_that_cannot_reach_its_server_says_so() -> None:
    with running_postgres() as server:
        url = await server.create_database("away")
        await migrate(url)
        async with house_on(url) as house:
            house.desk.tries = 2
            pool = new_id()
            await house.desk.submit(opening(pool, WalletKind.PRIZE_POOL))
            await asyncio.to_thread(server.kill9)
            command = fund(pool, 7)
            with pytest.raises(DeskUnavailable):
                await house.desk.submit(command)
            await asyncio.to_thread(server.start)
            assert not (await house.desk.submit(command)).replayed
            assert await balance(BANK) == -7
