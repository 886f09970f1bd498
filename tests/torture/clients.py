"""Load: clients that ask for random commands until they are answered, and remember every answer.

A command that gets no answer is asked for again with the same key. What is chosen follows from
the seed; in which order the server meets it does not.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from tests.torture import documents
from tests.torture.tally import Bought, Tally
from tests.torture.wire import AGAIN, Data, Unanswered, Wire, amount, global_id

PATIENCE_S = 240.0
"""How long a command is asked for again."""

FIRST_PAUSE_S, LAST_PAUSE_S = 0.01, 0.2

MANY = 0.15
"""How often several purchases at once are as many as may be."""

MOST = 100
"""How many those are."""

AT_THE_BANK = "at the bank"
"""Why a command is asked for again whose outcome is not known: another process just asks."""


class GaveUp(AssertionError):
    """A command was never answered."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks: ``principal`` is whose keys they are in the table of answers."""

    principal: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Player:
    """A customer with an account and a bound card, who has stepped up."""

    caller: Caller
    customer_id: str
    account_id: str
    card_node_id: str

    @property
    def node_id(self) -> str:
        """The account's global id."""
        return global_id("Account", self.account_id)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. Ids are the rows'."""

    platform: Caller
    platform_id: str
    centre: Caller
    centre_id: str
    operator: Caller
    players: tuple[Player, ...]
    draw_id: str


@dataclass(slots=True)
class Asked:
    """A command with everything that came back: the first answer counts, the others must agree."""

    caller: Caller
    operation: str
    document: str
    input: Data
    answers: list[Any] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def parts(self) -> list[tuple[str, Data]]:
        """Each key of it as operation and input: one, but for purchases of several."""
        if self.operation == "purchases":
            return [("purchase", part) for part in self.input["purchases"]]
        return [(self.operation, self.input)]

    def results(self, answer: Data) -> list[Data]:
        """Return the answer to each key."""
        results: list[Data] = answer["results"] if self.operation == "purchases" else [answer]
        return results


class Progress:
    """Counts acknowledgements, and lets somebody wait for more of them."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def step(self) -> None:
        """Count one."""
        self.count += 1
        for goal, waiter in self._waiting:
            if self.count >= goal and not waiter.done():
                waiter.set_result(None)
        self._waiting = [(goal, waiter) for goal, waiter in self._waiting if not waiter.done()]

    async def more(self, count: int) -> None:
        """Wait until so many more were counted."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self.count + count, waiter))
        await waiter


class Somebody(Protocol):
    """Who asks for commands until the load stops."""

    async def run(self) -> None:
        """Ask."""


class Load:
    """The clients of one run.

    Args:
        port: Of the server.
        stage: Who takes part.
        seed: From which every choice follows.
        clients: How many commands are under way at once.
        name: Tells its keys from those of other loads on the same database.
        again: Codes for which a command is asked for again.
    """

    def __init__(
        self,
        port: int,
        stage: Cast,
        seed: int,
        clients: int,
        name: str = "",
        again: frozenset[str] = AGAIN,
    ) -> None:
        self.stage = stage
        self.again = again
        self.name = name
        self.port = port
        self.tally = Tally()
        self.asked: list[Asked] = []
        self.progress = Progress()
        self.unanswered: Counter[str] = Counter()
        self._clients: list[Somebody] = [
            Client(self, Random(f"{seed}/{n}"), n) for n in range(clients)
        ]
        self._stopping = False

    async def run(self) -> None:
        """Ask until ``stop``, and until what was asked by then is answered.

        Raises:
            GaveUp: Something was not.
        """
        async with asyncio.TaskGroup() as group:
            for client in self._clients:
                group.create_task(client.run())

    def join(self, somebody: Somebody) -> None:
        """Have somebody else ask as well."""
        self._clients.append(somebody)

    @property
    def stopping(self) -> bool:
        """Whether clients shall begin nothing new."""
        return self._stopping

    def stop(self) -> None:
        """Let clients begin nothing new."""
        self._stopping = True


class Client:
    """One client: it asks for one command after the other, on two connections.

    Args:
        load: Whose client it is.
        random: What it asks.
        number: Which of the clients it is; its keys are made of it.
    """

    def __init__(self, load: Load, random: Random, number: int) -> None:
        self._load = load
        self._random = random
        self._number = number
        self._made = 0
        self._own: list[Asked] = []
        self._wires: dict[tuple[str, int], Wire] = {}

    async def run(self) -> None:
        """Work until the load stops."""
        try:
            while not self._load.stopping:
                await self._work()
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        for wire in self._wires.values():
            wire.close()

    async def _work(self) -> None:
        again = self._own and self._random.random() < 0.04
        if again:
            await self._settle(self._random.choice(self._own), 0)
            return
        asked = self._command()
        self._own.append(asked)
        twice = self._random.random() < 0.06  # two at once are one
        await self._ask(asked, 0, *([1] if twice else []))

    async def _ask(self, asked: Asked, *lines: int) -> Data:
        """Ask for something new, on one connection or on several at once."""
        self._load.asked.append(asked)
        await asyncio.gather(*(self._settle(asked, line) for line in lines))
        first: Data = asked.answers[0]
        return first

    async def _settle(self, asked: Asked, line: int) -> None:
        """Ask until there is an answer."""
        wire = self._wires.setdefault(
            (asked.caller.principal, line),
            Wire(self._load.port, asked.caller.headers, self._load.again),
        )
        deadline = time.monotonic() + PATIENCE_S
        pause_s = FIRST_PAUSE_S
        while (answer := await self._try(asked, wire)) is None:
            if time.monotonic() > deadline:
                raise GaveUp(f"{asked.operation} {asked.input}: {asked.unanswered}")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_PAUSE_S)
        asked.answers.append(answer)
        if len(asked.answers) == 1:
            for (operation, part), result in zip(asked.parts, asked.results(answer), strict=True):
                self._load.tally.note(operation, part, result)
            self._load.progress.step()

    async def _try(self, asked: Asked, wire: Wire) -> Data | None:
        """Ask once; return None where no answer came."""
        try:
            answer: Data = await wire.ask(asked.document, {"input": asked.input})
        except Unanswered as none:
            asked.unanswered.append(none.why)
            self._load.unanswered[none.why] += 1
            return None
        if _is_at_the_bank(answer):
            asked.unanswered.append(AT_THE_BANK)
            self._load.unanswered[AT_THE_BANK] += 1
            return None
        return answer

    def _command(self) -> Asked:
        choices = self._choices()
        (choose,) = self._random.choices([c for c, _ in choices], [weight for _, weight in choices])
        return choose()

    def _choices(self) -> list[tuple[Callable[[], Asked], int]]:
        known = bool(self._purchases_known())
        return [
            (self._deposit, 18),
            (self._withdraw, 8),
            (self._purchase, 30),
            (self._purchases, 10),
            (self._fund, 2),
            (self._open_draw, 2),
            (self._refund, 14 if known else 0),
            (self._confirm, 16 if known else 0),
        ]

    def _new(self, what: str) -> str:
        self._made += 1
        return f"{what}{self._load.name}-{self._number}-{self._made}"

    def _deposit(self) -> Asked:
        player = self._random.choice(self._load.stage.players)
        money = amount(self._random.randrange(1_00, 2_000_00))
        return Asked(
            player.caller,
            "deposit",
            documents.DEPOSIT,
            {"idempotencyKey": self._new("deposit"), "accountId": player.node_id, "amount": money},
        )

    def _withdraw(self) -> Asked:
        player = self._random.choice(self._load.stage.players)
        return Asked(
            player.caller,
            "requestWithdrawal",
            documents.WITHDRAW,
            {
                "idempotencyKey": self._new("withdrawal"),
                "accountId": player.node_id,
                "cardId": player.card_node_id,
                "amount": amount(self._random.randrange(1_00, 400_00)),
            },
        )

    def _order(self) -> Data:
        """Return a purchase, sometimes under a reference or with a serial that is taken."""
        random, purchases = self._random, self._purchases_known()
        player = random.choice(self._load.stage.players)
        stakes = [random.randrange(2_00, 15_00) for _ in range(random.randint(1, 3))]
        tickets = [
            {
                "drawId": global_id("Draw", self._load.stage.draw_id),
                "numbers": " ".join(f"{random.randint(1, 33):02}" for _ in range(6)),
                "stake": amount(stake),
                "serial": self._new("S") if random.random() < 0.5 else None,
            }
            for stake in stakes
        ]
        reference = self._new("order")
        if purchases and random.random() < 0.04:
            reference = random.choice(purchases).reference
        if purchases and random.random() < 0.03:
            tickets[0]["serial"] = next(iter(random.choice(purchases).serials.values()))
        return {
            "idempotencyKey": self._new("purchase"),
            "accountId": player.node_id,
            "reference": reference,
            "amount": amount(sum(stakes)),
            "tickets": tickets,
        }

    def _purchase(self) -> Asked:
        return Asked(self._load.stage.platform, "purchase", documents.PURCHASE, self._order())

    def _purchases(self) -> Asked:
        many = self._random.random() < MANY
        orders = [self._order() for _ in range(MOST if many else self._random.randint(2, 8))]
        return Asked(
            self._load.stage.platform, "purchases", documents.PURCHASES, {"purchases": orders}
        )

    def _refund(self) -> Asked:
        purchase = self._random.choice(self._purchases_known())
        return Asked(
            self._load.stage.platform,
            "refundPurchase",
            documents.REFUND,
            {
                "idempotencyKey": self._new("refund"),
                "purchaseId": global_id("Transaction", purchase.id),
                "reason": "the player changed their mind",
            },
        )

    def _confirm(self) -> Asked:
        purchases = self._purchases_known()
        open_ones = [p for p in purchases if p.unconfirmed and p.refund_id is None]
        purchase = self._random.choice(open_ones or purchases)
        tickets = [
            {"ticketId": global_id("Ticket", ticket_id), "serial": self._new("C")}
            for ticket_id in purchase.unconfirmed or purchase.serials
        ]
        return Asked(
            self._load.stage.platform,
            "confirmTickets",
            documents.CONFIRM,
            {
                "idempotencyKey": self._new("confirm"),
                "purchaseId": global_id("Transaction", purchase.id),
                "tickets": tickets,
            },
        )

    def _fund(self) -> Asked:
        money = amount(self._random.randrange(1_00, 900_00))
        return Asked(
            self._load.stage.centre,
            "fundPrizePool",
            documents.FUND,
            {"idempotencyKey": self._new("fund"), "amount": money},
        )

    def _open_draw(self) -> Asked:
        return Asked(
            self._load.stage.centre,
            "openDraw",
            documents.OPEN_DRAW,
            {
                "idempotencyKey": self._new("draw"),
                "game": "torture",
                "code": self._new("code"),
                "currency": "CNY",
                "salesCloseAt": "2099-01-01T00:00:00Z",
            },
        )

    def _purchases_known(self) -> Sequence[Bought]:
        """Return those of the draw that stays open: what others' tickets win is reckoned."""
        draw_id = self._load.stage.draw_id
        return [p for p in self._load.tally.purchases.values() if p.draw_id == draw_id]


def _is_at_the_bank(answer: Data) -> bool:
    """Tell whether an answer says no more than that the bank was asked."""
    state = (answer.get("deposit") or answer).get("state")
    return bool(state == "REQUESTED")
