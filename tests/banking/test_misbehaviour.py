"""The property of design §8 for the bank: whatever it does, no cent is lost and none comes twice.

Random schedules: answers that get lost, callbacks that come late, again, in any order, or not at
all, and some that are forged; a bank that dies before or after it has written down; a desk whose
database breaks off; payments that come back days later, deposits that are taken back; money from
strangers. Once the bank is well again and time has passed, the bank's own books and the ledger
agree to the cent, nothing is in transit, and everything has ended.
"""

import asyncio
import itertools
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models import BankInstruction, Deposit, SuspenseItem, Transaction, Wallet, Withdrawal
from models.currencies import system_wallet_id
from models.engines import ConnectionLost
from models.kinds import WalletKind
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.banking.pursue import pursue_open
from services.banking.read_statement import read_statement
from services.ledger.desk import DeskUnavailable
from services.refusals import Refused
from tests.banking.sandbox import Sandbox, sandbox_beside
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_card,
    a_customer,
    a_key,
    an_account,
    balance,
    house_on,
    stepped_up,
)
from tests.ledger.support import checked
from tests.servers import PostgresServer

BANK, TRANSIT, SUSPENSE, DEBT = (
    system_wallet_id(kind, CNY)
    for kind in (
        WalletKind.BANK,
        WalletKind.IN_TRANSIT,
        WalletKind.SUSPENSE,
        WalletKind.SUSPENSE_DEBT,
    )
)
ROUNDS = 60
"""After so many rounds a bank that is well has told everything."""

CHANCES = st.sampled_from([0, 0.2, 0.6])
PLANS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "faults": st.just(10_000),
        **dict.fromkeys(
            (
                "later",
                "refuses",
                "unavailable",
                "dies_before",
                "dies_after",
                "loses_answer",
                "repeats",
                "forgets",
                "forges",
                "returns",
                "takes_back",
            ),
            CHANCES,
        ),
        "settles_after_s": st.sampled_from([[0, 0], [0, 300], [60, 86_400]]),
        "tells_after_s": st.sampled_from([[0, 0], [0, 600]]),
        "returns_after_s": st.just([0, 5 * 86_400]),
    }
)
AMOUNTS = st.integers(1, 60_00)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deposit"), AMOUNTS),
        st.tuples(st.just("withdraw"), AMOUNTS),
        st.tuples(st.just("receive"), AMOUNTS),
        st.tuples(st.just("pass"), st.sampled_from([1, 30, 600, 86_400])),
        st.tuples(st.sampled_from(["tick", "poll", "read", "restart"]), st.just(0)),
        st.tuples(st.just("break"), st.integers(0, 40)),
    ),
    min_size=6,
    max_size=30,
)


class Scenario:
    """A customer with money and a card, before a bank that misbehaves."""

    def __init__(self, house: HouseUnderTest, sandbox: Sandbox) -> None:
        self.house = house
        self.sandbox = sandbox
        self.received: list[int] = []

    async def begin(self) -> None:
        """Put 100 CNY on an account, while the bank is well."""
        self.customer = await a_customer(self.house)
        self.account_id = await an_account(self.house, self.customer)
        self.card_id = await a_card(self.house, self.customer)
        await self.deposit(100_00)

    async def take(self, step: str, argument: int) -> None:
        """Take one step; whoever is told that the desk is away asks again, as a client would."""
        if step == "receive":
            self.sandbox.books.receive(argument, CNY, "from a stranger")
            self.received.append(argument)
        elif step == "pass":
            self.house.clock.advance(seconds=argument)
        elif step == "restart":
            self.sandbox.restart()
        elif step == "break":
            self.break_off(argument)
        else:
            verbs: dict[str, Callable[[], Any]] = {
                "deposit": lambda: self.deposit(argument),
                "withdraw": lambda: self.withdraw(argument),
                "tick": self.sandbox.server.tick,
                "poll": lambda: pursue_open(self.sandbox.house),
                "read": lambda: read_statement(self.sandbox.house),
            }
            try:
                await verbs[step]()
            except (DeskUnavailable, Refused):
                return

    async def deposit(self, amount_minor: int) -> None:
        """Put money in."""
        order = DepositOrder(a_key(), self.account_id, amount_minor, CNY)
        await deposit(self.sandbox.house, self.customer, order)

    async def withdraw(self, amount_minor: int) -> None:
        """Take money out."""
        order = WithdrawalOrder(a_key(), self.account_id, self.card_id, amount_minor, CNY)
        await request_withdrawal(self.sandbox.house, stepped_up(self.customer, self.house), order)

    def break_off(self, after: int) -> None:
        """Let the database go away for good after so many steps of the desk, until it is mended."""
        steps = itertools.count()

        def tap(label: str) -> None:
            if next(steps) >= after:
                raise ConnectionLost(label)

        self.house.desk.engine.tap = tap

    async def recover(self) -> None:
        """Have everybody well again, and let time pass until everything is told and done."""
        self.house.desk.engine.tap = None
        self.sandbox.books.behave({})
        self.house.clock.advance(days=10)
        for _ in range(ROUNDS):
            await self.sandbox.server.tick()
            await pursue_open(self.sandbox.house)
            while await read_statement(self.sandbox.house):
                pass
            self.house.clock.advance(minutes=15)
            is_open = await BankInstruction.filter(ask_at__not_isnull=True).exists()
            if not is_open and not self.sandbox.books.untold():
                return
        pytest.fail("the bank is well, and something is still open")

    async def reckon(self) -> None:
        """Compare the bank's view with the ledger, to the cent."""
        books = self.sandbox.books
        assert books.balances().get(CNY, 0) == -await balance(BANK)
        assert await balance(TRANSIT) == 0
        assert await balance(SUSPENSE) == sum(self.received)
        items = sorted(item.amount_minor for item in await SuspenseItem.all())
        assert items == sorted(self.received)
        at_bank = {row["id"]: row for row in books.instructions()}
        for withdrawal in await Withdrawal.all():
            row = at_bank[str(withdrawal.id)]
            assert (row["kind"], row["amount"]) == ("pay", withdrawal.amount_minor)
            assert withdrawal.state == row["state"]
        for kept in await Deposit.all():
            row = at_bank[str(kept.id)]
            told = {"RETURNED": "REVERSED"}.get(row["state"], row["state"])
            assert (kept.state, kept.amount_minor) == (told, row["amount"])
        self.nothing_twice()
        await self.account_adds_up()

    def nothing_twice(self) -> None:
        """See in the bank's own statement that nothing was moved twice for an instruction."""
        lines = self.sandbox.books.statement(0, 10_000)
        moved = Counter(
            (line["instruction_id"], line["state"]) for line in lines if line["instruction_id"]
        )
        assert set(moved.values()) <= {1}

    async def account_adds_up(self) -> None:
        """See that the holder's account holds what came and stayed, less what went and stayed."""
        came = [row for row in await Deposit.all() if row.state in {"SETTLED", "REVERSED"}]
        taken_back = sum(row.amount_minor for row in came if row.state == "REVERSED")
        went = [row for row in await Withdrawal.all() if row.state == "SETTLED"]
        owed_minor = -await balance(DEBT)
        expected = (
            sum(row.amount_minor for row in came)
            - (taken_back - owed_minor)
            - sum(row.amount_minor for row in went)
        )
        assert await balance(self.account_id) == expected
        wallet = await Wallet.get(id=self.account_id)
        shown = await Transaction.filter(account_id=self.account_id)
        assert sum(row.amount_minor for row in shown) == wallet.balance_minor


async def tell(url: str, directory: Path, plan: dict[str, Any], steps: list[Any]) -> None:
    """Play one schedule from beginning to end."""
    async with house_on(url) as house, sandbox_beside(house, directory) as sandbox:
        house.desk.pause_s = 0
        scenario = Scenario(house, sandbox)
        await scenario.begin()
        sandbox.books.behave(plan)
        for step, argument in steps:
            await scenario.take(step, argument)
        await scenario.recover()
        await scenario.reckon()
        # What is forged or old was refused; the rest was heard, or told again.
        assert set(sandbox.calls) <= {204, 401, 503}
        await checked(url)


BOUNDED = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep everybody from telling of every fault."""
    with capture_logs():
        yield


def play(fresh: Callable[[], str], tmp_path: Path, bounded: settings) -> None:
    """Play random schedules, each on a fresh database."""

    @bounded
    @given(plan=PLANS, steps=STEPS)
    def property_(plan: dict[str, Any], steps: list[Any]) -> None:
        directory = tmp_path / uuid.uuid4().hex
        directory.mkdir()
        asyncio.run(tell(fresh(), directory, plan, steps))

    property_()


def test_no_cent_is_lost_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    def fresh() -> str:
        path = tmp_path / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(sqlite_template, path)
        return f"sqlite://{path}"

    play(fresh, tmp_path, BOUNDED)


@pytest.mark.postgres
def test_no_cent_is_lost_on_postgres(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    def fresh() -> str:
        name = f"bank_{uuid.uuid4().hex}"
        return asyncio.run(postgres_server.create_database(name, postgres_template))

    # Each example has a database of its own to make.
    play(fresh, tmp_path, settings(BOUNDED, max_examples=15))
