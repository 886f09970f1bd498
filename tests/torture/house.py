"""One set-up that the tests of failures share, each with a load and a reckoning of its own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from services.actors import SYSTEM
from services.ledger.check import check_ledger
from tests.servers import PostgresServer
from tests.stories.coffer import Coffer
from tests.stories.sandbox_bank import SandboxBank
from tests.torture import documents
from tests.torture.audit import Audit, contents
from tests.torture.blows import say
from tests.torture.clients import Cast, Load
from tests.torture.ending import end_everything
from tests.torture.wire import AGAIN, Data, Unanswered, Wire, amount, global_id

SETTINGS = {
    "COFFER_LOOPBACK_WEBHOOKS": "1",
    "COFFER_RATE_ADDRESS": "none",
    "COFFER_RATE_CUSTOMER": "none",
    "COFFER_RATE_NOBODY": "none",
    "COFFER_RATE_OPERATOR": "none",
}
"""What every server under torture has: its callers ask faster than people, from one address."""

CLIENTS = 6
LOOK_S = 0.05
LONG_S = 120.0
MOST = 100
"""How many purchases one mutation carries."""


@dataclass(slots=True)
class Stage:
    """A server that runs, everybody who takes part, and the database."""

    coffer: Coffer
    url: str
    cast: Cast
    patient: bool
    postgres: PostgresServer | None = None
    made: int = field(default=0)

    @property
    def bank(self) -> SandboxBank:
        """The server's bank."""
        assert self.coffer.bank is not None
        return self.coffer.bank

    def wire(self, headers: dict[str, str] | None = None) -> Wire:
        """Return a connection of the sales platform's, or of somebody else's."""
        return Wire(self.coffer.port, headers or self.cast.platform.headers)

    def order(self) -> Data:
        """Return a purchase that nobody has made, of 2 CNY."""
        self.made += 1
        name = f"of-a-failure-{self.made}"
        ticket = {
            "drawId": global_id("Draw", self.cast.draw_id),
            "numbers": "01 02 03 04 05 06",
            "stake": amount(2_00),
            "serial": name,
        }
        player = self.cast.players[self.made % len(self.cast.players)]
        return {
            "idempotencyKey": name,
            "accountId": player.node_id,
            "reference": name,
            "amount": amount(2_00),
            "tickets": [ticket],
        }

    async def deposit(self, amount_minor: int) -> None:
        """Put as much into each account."""
        for player in self.cast.players:
            self.made += 1
            with contextlib.closing(self.wire(player.caller.headers)) as wire:
                given = {
                    "idempotencyKey": f"deposit-{self.made}",
                    "accountId": player.node_id,
                    "amount": amount(amount_minor),
                }
                answer = await wire.ask_until_answered(documents.DEPOSIT, {"input": given})
            assert answer["deposit"]["state"] == "SETTLED", answer

    async def buy(self, mutations: int) -> None:
        """Make a hundred purchases at once, so many times."""
        with contextlib.closing(self.wire()) as wire:
            for _ in range(mutations):
                orders = [self.order() for _ in range(MOST)]
                given = {"input": {"purchases": orders}}
                answer = await wire.ask_until_answered(documents.PURCHASES, given)
                kinds = {result["__typename"] for result in answer["results"]}
                assert kinds == {"PurchaseSuccess"}, answer

    @contextlib.asynccontextmanager
    async def under_load(self, name: str, again: frozenset[str] = AGAIN) -> AsyncIterator[Load]:
        """Have clients work for the time of the block, and reckon with all that they were told."""
        start = await contents(self.url)
        load = Load(self.coffer.port, self.cast, 1, CLIENTS, name, again)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            yield load
            load.stop()
        await self._reckon(load, start)

    async def _reckon(self, load: Load, start: dict[str, list[Data]]) -> None:
        """Wait until nothing is under way, and compare everything."""
        findings = await end_everything(self.coffer, self.url, patient=self.patient)
        findings += await Audit(self.url, load, start, self.bank.books()).run([])
        assert not findings, "\n".join(findings)
        await self.books_agree()

    async def books_agree(self) -> None:
        """Recompute the ledger, as ``check-ledger`` does."""
        report = await check_ledger(self.url, SYSTEM)
        assert report.is_sound, report.differences


async def until(look: Callable[[], Awaitable[object]], within_s: float = LONG_S) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + within_s
    while not await look():
        assert time.monotonic() < deadline, look
        await asyncio.sleep(LOOK_S)


async def turned_away(wire: Wire, document: str, given: Data) -> str | None:
    """Ask, and return why there was no answer; None where there was one."""
    try:
        await wire.ask(document, {"input": given})
    except Unanswered as none:
        return none.why
    return None


@contextlib.contextmanager
def closing(coffer: Coffer) -> Iterator[Coffer]:
    """Have its processes end with the block, and tell which faults they logged if it fails."""
    try:
        yield coffer
    except BaseException:
        for line in coffer.log.splitlines():
            if '"level":"error"' in line:
                say(line)
        raise
    finally:
        coffer.close()
