"""The state machine of design §8: random commands, and a crash between any two statements.

A real desk works on a real database. After every step the whole ledger is recomputed from its
lines, and compared with a model that has applied each acknowledged key once. A command that was
cut off is repeated with its key until it is answered, as a client would.
"""

import asyncio
import itertools
import shutil
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs

from models import Answer, Entry, Hold, Line, Wallet
from models.currencies import system_wallet_id
from models.engines import ConnectionLost, open_engine
from models.kinds import EntryKind, HoldState, WalletKind, WalletStatus
from services.actors import SYSTEM
from services.ledger.books import Books
from services.ledger.capture_hold import CaptureHold, capture_hold
from services.ledger.command import Answered, Body
from services.ledger.desk import Desk, DeskUnavailable
from services.ledger.expire_holds import expire_holds
from services.ledger.place_hold import PlaceHold, place_hold
from services.ledger.postings import Move
from services.ledger.release_hold import ReleaseHold, release_hold
from services.ledger.reverse import ReverseEntry, reverse
from services.refusals import RefusalCode, Refused
from tests.factories import CNY, HouseUnderTest, a_platform, house_on, id_of, new_id
from tests.ledger.support import BANK, Broken, a_command, checked, fund, pay
from tests.servers import PostgresServer

TAX = system_wallet_id(WalletKind.TAX, CNY)


class Died(BaseException):
    """The process is no more: nothing tidies up, nobody is told."""


@dataclass(frozen=True)
class Crash:
    """Which steps break from the first of a batch on (BEGIN, statements, COMMIT, COMMITTED)."""

    first: int
    times: int
    error: type[BaseException]

    def tap(self) -> Callable[[str], None]:
        """Return the tap that breaks."""
        steps = itertools.count()
        broken = {self.first + 4 * turn for turn in range(self.times)}

        def tap(label: str) -> None:
            if next(steps) in broken:
                raise self.error(label)

        return tap


CRASHES = st.none() | st.builds(
    Crash,
    first=st.integers(0, 12),
    times=st.integers(1, 3),
    error=st.sampled_from([ConnectionLost, Broken, Died]),
)
AMOUNTS = st.integers(1, 120)


@dataclass(frozen=True)
class Operation:
    """Something that is asked for under a key, and what it does to the model when it is done."""

    key: str
    ask: Callable[[], Awaitable[Answered]]
    effect: Callable[[Body], None] = lambda body: None  # noqa: ARG005 - nothing
    entries: int = 1


@dataclass
class Model:
    """What must be there: every acknowledged key applied once."""

    balances: dict[UUID, int] = field(default_factory=lambda: {BANK: 0, TAX: 0})
    held: dict[UUID, int] = field(default_factory=dict)
    frozen: set[UUID] = field(default_factory=set)
    answers: dict[str, Answered | Refused] = field(default_factory=dict)
    entries: int = 0

    def move(self, source: UUID, to: UUID, amount_minor: int) -> None:
        """Move an amount."""
        self.balances[source] -= amount_minor
        self.balances[to] += amount_minor

    def available(self, wallet_id: UUID) -> int:
        """Return what may leave a wallet."""
        return self.balances[wallet_id] - self.held.get(wallet_id, 0)

    def refusal_of(self, wallet_id: UUID, amount_minor: int) -> RefusalCode | None:
        """Return why an amount may not leave a wallet."""
        if wallet_id in self.frozen:
            return RefusalCode.ACCOUNT_BLOCKED
        if amount_minor > self.available(wallet_id):
            return RefusalCode.INSUFFICIENT_FUNDS
        return None


class Machine(RuleBasedStateMachine):
    """Random commands through a real desk."""

    accounts = Bundle("accounts")
    deposits = Bundle("deposits")
    holds = Bundle("holds")
    operations = Bundle("operations")

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.runner = asyncio.Runner()
        self.open_house: AbstractAsyncContextManager[HouseUnderTest] = house_on(
            self.url, audited=False
        )
        self.house = self.runner.run(self.open_house.__aenter__())
        self.house.desk.pause_s = 0
        self.house.desk.engine.portion = 1
        self.model = Model()
        self.keys = (f"machine-{number}" for number in itertools.count())
        self.desks: list[Desk] = []

    def teardown(self) -> None:
        """Close the house, and every desk that took the first one's place."""

        async def close() -> None:
            for desk in self.desks:
                await desk.close()
            await self.open_house.__aexit__(None, None, None)

        self.runner.run(close())
        self.runner.close()

    # Driving

    def drive(
        self, operations: Sequence[Operation], crash: Crash | None = None
    ) -> list[Answered | Refused]:
        """Ask for everything at once, through a crash; repeat what was cut off; note answers."""
        return self.runner.run(self._drive(operations, crash))

    async def _drive(
        self, operations: Sequence[Operation], crash: Crash | None
    ) -> list[Answered | Refused]:
        results: list[Any] = [None] * len(operations)
        left = list(range(len(operations)))
        while left:
            self.house.desk.engine.tap = crash.tap() if crash else None
            answers = await asyncio.gather(
                *(operations[place].ask() for place in left), return_exceptions=True
            )
            self.house.desk.engine.tap = crash = None
            for place, answer in zip(left, answers, strict=True):
                results[place] = answer
            left = [
                place
                for place in left
                if isinstance(results[place], (Broken, DeskUnavailable, Died))
            ]
            if self.house.desk._closing:
                await self._start_again()
        for operation, result in zip(operations, results, strict=True):
            self._note(operation, result)
        return results

    async def _start_again(self) -> None:
        """Start a process in place of the one that died."""
        desk = Desk(open_engine(self.url), self.house.clock, new_id, pause_s=0)
        desk.engine.portion = 1
        await desk.open()
        await self.house.desk.engine.close()
        self.desks.append(desk)
        object.__setattr__(self.house, "desk", desk)

    def _note(self, operation: Operation, result: Any) -> None:  # noqa: ANN401 - checked here
        assert isinstance(result, (Answered, Refused)), repr(result)
        known = self.model.answers.get(operation.key)
        if known is None:
            self.model.answers[operation.key] = result
            if isinstance(result, Answered):
                operation.effect(result.body)
                self.model.entries += operation.entries
        elif isinstance(known, Answered):
            assert isinstance(result, Answered)
            assert result.replayed
            assert result.body == known.body
        else:
            assert isinstance(result, Refused)
            assert result.replayed
            assert result.refusal == known.refusal

    def one(
        self, operation: Operation, crash: Crash | None, refusal: RefusalCode | None
    ) -> Answered | None:
        """Drive one operation, whose outcome the model foretells."""
        (result,) = self.drive([operation], crash)
        if refusal is None:
            assert isinstance(result, Answered)
            return result
        assert isinstance(result, Refused)
        assert result.refusal.code is refusal
        return None

    # Operations

    def payment(self, kind: EntryKind, source: UUID, to: UUID, amount_minor: int) -> Operation:
        """Return a movement that is asked for under a fresh key."""
        key = next(self.keys)
        command = pay(kind, source, to, amount_minor, key)
        return Operation(
            key,
            lambda: self.house.desk.submit(command),
            lambda body: self.model.move(source, to, amount_minor),  # noqa: ARG005 - known
        )

    @initialize()
    def begin(self) -> None:
        """Open a platform and a prize pool, and put some money there."""
        self.platform = id_of(self.runner.run(a_platform(self.house)))
        self.pool = new_id()
        self.model.balances |= {self.platform: 0, self.pool: 0}

        def decide(books: Books) -> Body:
            books.open_wallet(WalletKind.PRIZE_POOL, CNY, None, self.pool)
            return {}

        self.runner.run(self.house.desk.submit(a_command(decide)))
        self.runner.run(self.house.desk.submit(fund(self.pool, 500)))
        self.model.move(BANK, self.pool, 500)
        self.model.entries += 1
        self.others = self.runner.run(self._count_answers())

    async def _count_answers(self) -> int:
        return await Answer.all().count()

    @rule(target=accounts, amount_minor=AMOUNTS, crash=CRASHES)
    def open(self, amount_minor: int, crash: Crash | None) -> UUID:
        """Open an account with money in it."""
        account, key = new_id(), next(self.keys)

        def decide(books: Books) -> Body:
            books.open_wallet(WalletKind.LOTTERY, CNY, account, account)
            return {}

        def effect(body: Body) -> None:
            del body
            self.model.balances[account] = 0

        command = a_command(decide, key=key)
        opening = Operation(key, lambda: self.house.desk.submit(command), effect, entries=0)
        deposit = self.payment(EntryKind.DEPOSIT, BANK, account, amount_minor)
        self.drive([opening, deposit], crash)
        if isinstance(self.model.answers[deposit.key], Refused):
            # Cut apart by the crash, the deposit came before the account.
            del self.model.answers[deposit.key]
            self.others += 1
            self.one(self.payment(EntryKind.DEPOSIT, BANK, account, amount_minor), None, None)
        return account

    @rule(target=deposits, account=accounts, amount_minor=AMOUNTS, crash=CRASHES)
    def deposit(self, account: UUID, amount_minor: int, crash: Crash | None) -> tuple[UUID, UUID]:
        """Put money in; a frozen account gets it too."""
        operation = self.payment(EntryKind.DEPOSIT, BANK, account, amount_minor)
        answered = self.one(operation, crash, None)
        assert answered is not None
        return account, UUID(answered.body["entry"])

    @rule(target=operations, account=accounts, amount_minor=AMOUNTS, crash=CRASHES)
    def purchase(self, account: UUID, amount_minor: int, crash: Crash | None) -> Operation:
        """Spend."""
        operation = self.payment(EntryKind.PURCHASE, account, self.platform, amount_minor)
        self.one(operation, crash, self.model.refusal_of(account, amount_minor))
        return operation

    @rule(target=operations, account=accounts, amount_minor=AMOUNTS, crash=CRASHES)
    def refund(self, account: UUID, amount_minor: int, crash: Crash | None) -> Operation:
        """Give back."""
        operation = self.payment(EntryKind.REFUND, self.platform, account, amount_minor)
        self.one(operation, crash, self.model.refusal_of(self.platform, amount_minor))
        return operation

    @rule(account=accounts, amount_minor=AMOUNTS, tax_minor=st.integers(1, 20), crash=CRASHES)
    def pay_out(
        self, account: UUID, amount_minor: int, tax_minor: int, crash: Crash | None
    ) -> None:
        """Pay a prize, less tax: three lines in one entry."""
        key = next(self.keys)

        def decide(books: Books) -> Body:
            moves = Move(self.pool, account, amount_minor), Move(self.pool, TAX, tax_minor)
            return {"entry": books.post(EntryKind.PAYOUT, *moves).entry_id}

        def effect(body: Body) -> None:
            del body
            self.model.move(self.pool, account, amount_minor)
            self.model.move(self.pool, TAX, tax_minor)

        command = a_command(decide, self.pool, account, TAX, key=key)
        refusal = self.model.refusal_of(self.pool, amount_minor + tax_minor)
        self.one(Operation(key, lambda: self.house.desk.submit(command), effect), crash, refusal)

    @rule(account=accounts, crash=CRASHES)
    def freeze_or_thaw(self, account: UUID, crash: Crash | None) -> None:
        """Block an account, or let it go."""
        key, thaws = next(self.keys), account in self.model.frozen
        status = WalletStatus.ACTIVE if thaws else WalletStatus.FROZEN

        def decide(books: Books) -> Body:
            books.set_status(account, status)
            return {}

        def effect(body: Body) -> None:
            del body
            self.model.frozen ^= {account}

        command = a_command(decide, account, key=key)
        operation = Operation(key, lambda: self.house.desk.submit(command), effect, entries=0)
        self.one(operation, crash, None)

    @rule(deposit=consumes(deposits), crash=CRASHES)
    def take_back(self, deposit: tuple[UUID, UUID], crash: Crash | None) -> None:
        """Reverse a deposit, unless it is spent; a second time is refused."""
        account, entry_id = deposit
        amount_minor = -self.runner.run(self._amount_at_bank(entry_id))
        refusal = (
            RefusalCode.INSUFFICIENT_FUNDS if amount_minor > self.model.available(account) else None
        )
        order = ReverseEntry(next(self.keys), entry_id, "a test")
        operation = Operation(
            order.key,
            lambda: reverse(self.house, SYSTEM, order),
            lambda body: self.model.move(account, BANK, amount_minor),  # noqa: ARG005 - known
        )
        if self.one(operation, crash, refusal):
            again = ReverseEntry(next(self.keys), entry_id, "a test")
            self.one(
                Operation(again.key, lambda: reverse(self.house, SYSTEM, again)),
                None,
                RefusalCode.REVERSED_ALREADY,
            )

    async def _amount_at_bank(self, entry_id: UUID) -> int:
        return int((await Line.get(entry_id=entry_id, wallet_id=BANK)).amount_minor)

    @rule(
        target=holds,
        account=accounts,
        amount_minor=AMOUNTS,
        minutes=st.none() | st.integers(1, 9),
        crash=CRASHES,
    )
    def hold(
        self, account: UUID, amount_minor: int, minutes: int | None, crash: Crash | None
    ) -> UUID | None:
        """Set money aside."""
        expires_at = None if minutes is None else self.house.clock() + timedelta(minutes=minutes)
        order = PlaceHold(next(self.keys), account, amount_minor, CNY, expires_at)

        def effect(body: Body) -> None:
            del body
            self.model.held[account] = self.model.held.get(account, 0) + amount_minor

        operation = Operation(
            order.key, lambda: place_hold(self.house, SYSTEM, order), effect, entries=0
        )
        answered = self.one(operation, crash, self.model.refusal_of(account, amount_minor))
        return UUID(answered.body["hold"]["id"]) if answered else None

    @rule(hold_id=holds, parts=st.lists(AMOUNTS, min_size=1, max_size=4), crash=CRASHES)
    def capture(self, hold_id: UUID | None, parts: list[int], crash: Crash | None) -> None:
        """Capture parts of a hold, all at once: never more than it holds."""
        if hold_id is not None:
            self.drive([self._capture(hold_id, part) for part in parts], crash)

    def _capture(self, hold_id: UUID, amount_minor: int) -> Operation:
        order = CaptureHold(next(self.keys), hold_id, self.platform, amount_minor)

        def effect(body: Body) -> None:
            account = UUID(body["hold"]["wallet_id"])
            self.model.held[account] -= amount_minor
            self.model.move(account, self.platform, amount_minor)

        return Operation(order.key, lambda: capture_hold(self.house, SYSTEM, order), effect)

    @rule(hold_id=holds, amount_minor=st.none() | AMOUNTS, crash=CRASHES)
    def release(self, hold_id: UUID | None, amount_minor: int | None, crash: Crash | None) -> None:
        """Give part of a hold back, or all."""
        if hold_id is None:
            return
        order = ReleaseHold(next(self.keys), hold_id, amount_minor)
        before = self.runner.run(self._remaining(hold_id))

        def effect(body: Body) -> None:
            freed_minor = before - body["hold"]["remaining_minor"]
            assert amount_minor in {None, freed_minor}
            self.model.held[UUID(body["hold"]["wallet_id"])] -= freed_minor

        ask = Operation(
            order.key, lambda: release_hold(self.house, SYSTEM, order), effect, entries=0
        )
        self.drive([ask], crash)

    async def _remaining(self, hold_id: UUID) -> int:
        return int((await Hold.get(id=hold_id)).remaining_minor)

    @rule(minutes=st.integers(-5, 10))
    def time_passes(self, minutes: int) -> None:
        """Move the clock, at times back, and end what is due."""
        self.house.clock.advance(minutes=minutes)
        self.runner.run(self._expire())

    async def _expire(self) -> None:
        due = await Hold.filter(state=HoldState.PLACED, expires_at__lte=self.house.clock())
        assert await expire_holds(self.house) == len(due)
        for hold in due:
            self.model.held[hold.wallet_id] -= hold.remaining_minor
        self.others += len(due)  # each has an answer under a key of its own

    @rule(operation=operations, crash=CRASHES)
    def repeat(self, operation: Operation, crash: Crash | None) -> None:
        """Ask again: the first answer, and nothing else."""
        self.drive([operation, operation], crash)

    @rule(
        payers=st.lists(st.tuples(accounts, AMOUNTS, st.booleans()), min_size=2, max_size=10),
        crash=CRASHES,
    )
    def many_at_once(self, payers: list[tuple[UUID, int, bool]], crash: Crash | None) -> None:
        """Let many pay and be paid at the same time, some asking twice."""
        operations = []
        for account, amount_minor, twice in payers:
            bought = self.payment(EntryKind.PURCHASE, account, self.platform, amount_minor)
            operations += [bought] * (2 if twice else 1)
            operations.append(self.payment(EntryKind.DEPOSIT, BANK, account, amount_minor))
        self.drive(operations, crash)

    # What must always be true

    @invariant()
    def the_ledger_is_sound(self) -> None:
        """Recompute everything, and compare it with the model."""
        if hasattr(self, "platform"):
            self.runner.run(self._compare())

    async def _compare(self) -> None:
        await checked(self.url)
        wallets = {
            wallet.id: wallet for wallet in await Wallet.filter(id__in=list(self.model.balances))
        }
        assert {key: row.balance_minor for key, row in wallets.items()} == self.model.balances
        held = {key: row.held_minor for key, row in wallets.items() if row.held_minor}
        assert held == {key: minor for key, minor in self.model.held.items() if minor}
        frozen = {key for key, row in wallets.items() if row.status == WalletStatus.FROZEN}
        assert frozen == self.model.frozen
        assert await Entry.all().count() == self.model.entries
        assert await Answer.all().count() == len(self.model.answers) + self.others


BOUNDED = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


def machine_on(fresh: Callable[[], str]) -> type[Machine]:
    """Return the machine that takes a fresh database for each example."""

    class MachineThere(Machine):
        def __init__(self) -> None:
            super().__init__(fresh())

    return MachineThere


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep the desk from telling of every crash."""
    with capture_logs():
        yield


def test_the_machine_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    def fresh() -> str:
        path = tmp_path / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(sqlite_template, path)
        return f"sqlite://{path}"

    run_state_machine_as_test(machine_on(fresh), settings=BOUNDED)


@pytest.mark.postgres
def test_the_machine_on_postgres(postgres_server: PostgresServer, postgres_template: str) -> None:
    def fresh() -> str:
        name = f"machine_{uuid.uuid4().hex}"
        return asyncio.run(postgres_server.create_database(name, postgres_template))

    # Each example has a database of its own to make, and each step connects anew to check it.
    bounded = settings(BOUNDED, max_examples=15)
    run_state_machine_as_test(machine_on(fresh), settings=bounded)
