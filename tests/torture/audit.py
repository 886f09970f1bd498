"""The reckoning after the load: what clients were told against what is there.

Nothing here trusts the services: the database is read with plain SQL, and everything that must be
in it is computed from the acknowledgements alone. Each check adds sentences to ``findings``; no
finding is the proof.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from models.currencies import system_wallet_id
from models.kinds import WalletKind
from tests.torture.clients import Asked, Load
from tests.torture.database import Rows, rows
from tests.torture.subscribers import Subscriber
from tests.torture.tally import Bought
from tests.torture.wire import Data, Wire, minor

REPLAYERS = 8
"""How many keys are asked again at once."""

SHOWN = 5
"""How many examples of one kind of finding are shown."""

TABLES = (
    "account_transaction",
    "answer",
    "bank_instruction",
    "deposit",
    "draw",
    "feed_event",
    "hold",
    "ledger_entry",
    "ledger_line",
    "mandate",
    "payout_run",
    "pool_funding",
    "ticket",
    "wallet",
    "winning_ticket",
    "withdrawal",
)

KEPT_AS = {"fundPrizePool": "fundPool"}
"""Under which operation the answers of a field are kept, where its own name is not the one."""

THEIRS = {"REVERSED": "RETURNED"}
"""What the bank calls a state of ours, where the two have different words."""

OURS = {"SETTLED": "SETTLED", "RETURNED": "REVERSED", "REFUSED": "REFUSED"}
"""How a deposit or funding stands here when an instruction ended so at the bank."""

BANK_TOLD = {
    "bankSettled": ("SETTLED", "RETURNED"),
    "bankRefused": ("REFUSED",),
    "bankReturned": ("RETURNED",),
}
"""Which outcomes were taken in, by how an instruction ended: what came back had gone before."""

WITHDRAWAL_TOLD = {
    "WITHDRAWAL_REQUESTED": ("SETTLED", "REFUSED", "RETURNED"),
    "WITHDRAWAL_SETTLED": ("SETTLED", "RETURNED"),
    "WITHDRAWAL_REFUSED": ("REFUSED",),
    "WITHDRAWAL_RETURNED": ("RETURNED",),
}
"""Which events a withdrawal makes, by how it ended at the bank."""

WALK = """
query($id: ID!, $after: String) { node(id: $id) { ... on Account {
    balance { amount } held { amount } available { amount }
    transactions(first: 100, after: $after) {
        edges { node { id number amount { amount } balanceAfter { amount } } }
        pageInfo { hasNextPage endCursor }
    }
} } }
"""


@dataclass(slots=True)
class Audit:
    """One reckoning.

    Args:
        url: Of the database.
        load: What was asked and answered; nothing of it is under way any more.
        start: What the tables held before the load.
        bank: The bank's own books, in which nothing is under way any more either.
    """

    url: str
    load: Load
    start: dict[str, Rows]
    bank: Data
    findings: list[str] = field(default_factory=list)
    now: dict[str, Rows] = field(default_factory=dict)
    taken_back: dict[str, int] = field(default_factory=dict)
    """What the bank took back of deposits and was left to take, by the deposit's transaction."""

    async def run(self, subscribers: Iterable[Subscriber]) -> list[str]:
        """Check everything and return the findings."""
        self.now = await contents(self.url)
        self.findings += self.load.tally.twice
        self._agree("answers of one key", self._disagreeing(self.load.asked))
        self._transactions()
        self._bank()
        self._deposits()
        self._fundings()
        self._withdrawals()
        self._prizes()
        self._tickets()
        self._draws()
        self._answers()
        self._balances()
        self._journal()
        self._mandates()
        self._events()
        for subscriber in subscribers:
            self._heard(subscriber)
        await self._replays()
        await self._accounts()
        return self.findings

    def _new(self, table: str) -> Rows:
        """Return the rows that the load added, by id."""
        before = {row["id"] for row in self.start[table]}
        return [row for row in self.now[table] if row["id"] not in before]

    def _agree(self, what: str, wrong: Iterable[str]) -> None:
        wrong = list(wrong)
        if wrong:
            shown = "; ".join(wrong[:SHOWN])
            self.findings.append(f"{what}: {len(wrong)} wrong: {shown}")

    def _same(self, what: str, told: Iterable[Any], kept: Iterable[Any]) -> None:
        """Compare as multisets: nothing missing, nothing that nobody asked for, nothing twice."""
        told_count, kept_count = Counter(told), Counter(kept)
        missing, strange = told_count - kept_count, kept_count - told_count
        self._agree(f"{what} acknowledged but not kept", map(str, missing.elements()))
        self._agree(f"{what} kept but asked for by nobody", map(str, strange.elements()))

    @staticmethod
    def _disagreeing(asked: Iterable[Asked]) -> list[str]:
        return [
            f"{one.operation} {one.input} was answered {first} and then {other}"
            for one in asked
            if one.answers
            for first in [plain(one.answers[0])]
            for other in map(plain, one.answers[1:])
            if other != first
        ]

    def _transactions(self) -> None:
        tally, kept = self.load.tally, self._new("account_transaction")

        def of(kind: str, *columns: str) -> list[tuple[Any, ...]]:
            return [tuple(row[c] for c in columns) for row in kept if row["type"] == kind]

        self._same(
            "purchases",
            [
                (p.id, p.account_id, p.reference, -p.amount_minor, _state(p))
                for p in tally.purchases.values()
            ],
            of("PURCHASE", "id", "account_id", "reference", "amount_minor", "state"),
        )
        back = [row for row in of("REFUND", "id", "original_id", "amount_minor") if row[2] < 0]
        self.taken_back = {str(original): -amount_minor for _, original, amount_minor in back}
        self._same(
            "references",
            {p.reference for p in tally.purchases.values()},
            [row[0] for row in of("PURCHASE", "reference")],
        )
        self._same(
            "refunds",
            [(r, p, tally.purchases[p].amount_minor) for r, p in tally.refunds.items()],
            [row for row in of("REFUND", "id", "original_id", "amount_minor") if row[2] > 0],
        )
        self._same(
            "deposits' transactions",
            [(d.transaction_id, d.account_id, d.amount_minor) for d in tally.deposits.values()],
            of("DEPOSIT", "id", "account_id", "amount_minor"),
        )
        self._same(
            "payouts",
            [(won.account_id, won.net_minor) for won in tally.won.values()],
            of("PAYOUT", "account_id", "amount_minor"),
        )
        kept_ids = {row[0] for row in of("PAYOUT", "id")}
        told_ids = {won.paid_by for won in tally.won.values() if won.paid_by}
        self._agree("payouts acknowledged but not kept", map(str, told_ids - kept_ids))

    def _bank(self) -> None:
        """Compare the bank's own books with ours, instruction by instruction."""
        ours = [
            (row["id"], kind, row["amount_minor"], THEIRS.get(row["state"], row["state"]))
            for table, kind in (
                ("deposit", "collect"),
                ("pool_funding", "collect"),
                ("withdrawal", "pay"),
            )
            for row in self.now[table]
        ]
        theirs = [
            (each["id"], each["kind"], each["amount"], each["state"])
            for each in self.bank["instructions"]
        ]
        self._same("the bank's instructions", theirs, ours)
        open_ones = [row["id"] for row in self.now["bank_instruction"] if row["ask_at"] is not None]
        self._agree("instructions stranded", open_ones)

    def _ended(self, table: str, *states: str) -> Rows:
        """Return the load's deposits, fundings or withdrawals that ended so at the bank."""
        outcomes = {each["id"]: each["state"] for each in self.bank["instructions"]}
        return [row for row in self._new(table) if outcomes.get(row["id"]) in states]

    def _deposits(self) -> None:
        tally = self.load.tally
        state_of = {each["id"]: OURS[each["state"]] for each in self.bank["instructions"]}
        self._same(
            "deposits",
            [
                (d.id, d.account_id, d.amount_minor, d.transaction_id, state_of.get(d.id))
                for d in tally.deposits.values()
            ],
            [
                tuple(
                    row[c] for c in ("id", "account_id", "amount_minor", "transaction_id", "state")
                )
                for row in self._new("deposit")
                if row["state"] != "REFUSED"
            ],
        )
        refused = len(self._ended("deposit", "REFUSED"))
        if refused != tally.refused_by_the_bank["deposit"]:
            self.findings.append(f"{refused} deposits are refused, of which others were told")

    def _fundings(self) -> None:
        tally = self.load.tally
        self._same(
            "pool fundings",
            [(self.load.stage.centre_id, amount_minor) for amount_minor in tally.funded],
            [
                (row["centre_id"], row["amount_minor"])
                for row in self._new("pool_funding")
                if row["state"] in {"SETTLED", "REVERSED"}
            ],
        )
        refused = len(self._ended("pool_funding", "REFUSED"))
        if refused != tally.refused_by_the_bank["fundPrizePool"]:
            self.findings.append(f"{refused} fundings are refused, of which others were told")

    def _withdrawals(self) -> None:
        came_back = self._ended("withdrawal", "REFUSED", "RETURNED")
        back_ids = {row["id"] for row in came_back}
        kept = self._new("account_transaction")
        self._same(
            "withdrawals",
            [
                (
                    w.transaction_id,
                    w.account_id,
                    -w.amount_minor,
                    "REFUNDED" if w.id in back_ids else "COMPLETED",
                )
                for w in self.load.tally.withdrawals.values()
            ],
            [
                (row["id"], row["account_id"], row["amount_minor"], row["state"])
                for row in kept
                if row["type"] == "WITHDRAWAL"
            ],
        )
        self._same(
            "withdrawals that came back",
            [(row["transaction_id"], row["amount_minor"]) for row in came_back],
            [
                (row["original_id"], row["amount_minor"])
                for row in kept
                if row["type"] == "WITHDRAWAL_RETURN"
            ],
        )

    def _prizes(self) -> None:
        tally = self.load.tally
        self._same(
            "winning tickets",
            [
                (w.serial, w.account_id, w.prize_minor, w.tax_minor, "PAID")
                for w in tally.won.values()
            ],
            [
                (
                    row["serial"],
                    row["account_id"],
                    row["prize_minor"],
                    row["tax_minor"],
                    row["state"],
                )
                for row in self._new("winning_ticket")
            ],
        )
        total = Counter(row["draw_id"] for row in self._new("winning_ticket"))
        self._same(
            "payout runs",
            [
                (run_id, draw_id, "DONE", total[draw_id], total[draw_id], 0)
                for run_id, draw_id in tally.runs.items()
            ],
            [
                tuple(row[c] for c in ("id", "draw_id", "state", "total", "paid", "refused"))
                for row in self._new("payout_run")
            ],
        )

    def _tickets(self) -> None:
        self._same(
            "tickets",
            [
                (ticket_id, p.id, serial, _ticket_state(p, serial))
                for p in self.load.tally.purchases.values()
                for ticket_id, serial in p.serials.items()
            ],
            [
                (row["id"], row["purchase_id"], row["serial"], row["state"])
                for row in self._new("ticket")
            ],
        )

    def _draws(self) -> None:
        kept = [(row["id"], row["code"]) for row in self._new("draw")]
        self._same("draws", self.load.tally.draws.items(), kept)

    def _answers(self) -> None:
        told = [
            (one.caller.principal, KEPT_AS.get(field_name, field_name), part["idempotencyKey"])
            for one in self.load.asked
            for field_name, part in one.parts
        ]
        for table in ("deposit", "pool_funding", "withdrawal"):
            for operation, states in BANK_TOLD.items():
                ended = self._ended(table, *states)
                told += [("system", operation, row["id"]) for row in ended]
        told += [("system", "finishPayoutRun", run_id) for run_id in self.load.tally.runs]
        kept = [
            (row["principal"], row["operation"], row["key"])
            for row in self._new("answer")
            # Which tickets a run tried, and which were paid before it came to them, is its own.
            if (row["principal"], row["operation"]) != ("system", "payout")
        ]
        self._same("answers", told, kept)

    def _balances(self) -> None:
        tally, stage = self.load.tally, self.load.stage
        before = {row["id"]: row["balance_minor"] for row in self.start["wallet"]}
        change = {player.account_id: self._balance(player.account_id) for player in stage.players}
        change[stage.platform_id] = tally.takings()
        prizes_minor = sum(won.prize_minor for won in tally.won.values())
        funded_minor = _sum(self._ended("pool_funding", "SETTLED"))
        change[stage.centre_id] = funded_minor - prizes_minor
        change[_system(WalletKind.TAX)] = sum(won.tax_minor for won in tally.won.values())
        change[_system(WalletKind.BANK)] = (
            _sum(self._ended("withdrawal", "SETTLED"))
            - _sum(self._ended("deposit", "SETTLED"))
            - funded_minor
        )
        taken_back_minor = _sum(self._ended("deposit", "RETURNED"))
        change[_system(WalletKind.SUSPENSE_DEBT)] = sum(self.taken_back.values()) - taken_back_minor
        told = [(wallet, balance + change.get(wallet, 0)) for wallet, balance in before.items()]
        kept = [(row["id"], row["balance_minor"]) for row in self.now["wallet"]]
        self._same("balances", told, kept)
        (at_bank,) = [row for row in self.now["wallet"] if row["id"] == _system(WalletKind.BANK)]
        if -at_bank["balance_minor"] != self.bank["balances"].get("CNY", 0):
            self.findings.append(f"the bank holds {self.bank['balances']}, we say {at_bank}")
        self._agree(
            "holds stranded",
            [row["id"] for row in self.now["hold"] if row["state"] == "PLACED"]
            + [row["id"] for row in self.now["wallet"] if row["held_minor"]],
        )

    def _balance(self, account_id: str) -> int:
        """Return what an account must hold, after all that came back and was taken back."""
        ended = self._ended("withdrawal", "REFUSED", "RETURNED")
        back_minor = _sum([row for row in ended if row["account_id"] == account_id])
        taken_minor = sum(
            self.taken_back.get(deposit.transaction_id, 0)
            for deposit in self.load.tally.deposits.values()
            if deposit.account_id == account_id
        )
        return self.load.tally.balance(account_id) + back_minor - taken_minor

    def _journal(self) -> None:
        """Recompute everything from the lines alone."""
        sums: Counter[str] = Counter()
        of_wallet: dict[str, Rows] = {}
        for line in self.now["ledger_line"]:
            sums[line["entry_id"]] += line["amount_minor"]
            of_wallet.setdefault(line["wallet_id"], []).append(line)
        self._agree("entries that do not sum to zero", [entry for entry, s in sums.items() if s])
        entries = [row["id"] for row in self.now["ledger_entry"]]
        self._same("entries with lines", set(sums), entries)
        tally = self.load.tally
        made = Counter(row["kind"] for row in self._new("ledger_entry"))
        asked = Counter(
            DEPOSIT=len(tally.deposits),
            PURCHASE=len(tally.purchases),
            REFUND=len(tally.refunds),
            POOL_FUNDING=len(tally.funded),
            PAYOUT=len(tally.won),
            WITHDRAWAL=len(tally.withdrawals),
            BANK_PAYMENT=len(self._ended("withdrawal", "SETTLED", "RETURNED")),
            BANK_REFUSAL=len(self._ended("withdrawal", "REFUSED")),
            BANK_RETURN=len(self._ended("withdrawal", "RETURNED")),
            REVERSAL=len(self._ended("deposit", "RETURNED"))
            + len(self._ended("pool_funding", "RETURNED")),
        )
        self._same("entries by kind", asked.elements(), made.elements())
        for wallet in self.now["wallet"]:
            balance = 0
            lines = sorted(of_wallet.get(wallet["id"], []), key=lambda line: line["number"])
            for number, line in enumerate(lines, 1):
                balance += line["amount_minor"]
                if (line["number"], line["balance_after_minor"]) != (number, balance):
                    self.findings.append(f"wallet {wallet['id']}: line {number} is {line}")
                    break
            if (wallet["line_count"], wallet["balance_minor"]) != (len(lines), balance):
                self.findings.append(f"wallet {wallet} but its {len(lines)} lines give {balance}")

    def _mandates(self) -> None:
        """What a day's purchases used of a mandate, where the load lay within one business day."""
        tally = self.load.tally
        before = {row["account_id"]: row["used_minor"] for row in self.start["mandate"]}
        days = {str(row["used_on"]) for row in self.now["mandate"] + self.start["mandate"]}
        if len(days) > 1:
            return
        told = []
        for player in self.load.stage.players:
            mine = [p for p in tally.purchases.values() if p.account_id == player.account_id]
            used_minor = before[player.account_id] + sum(map(tally.spent, mine))
            told.append((player.account_id, used_minor))
        kept = [(row["account_id"], row["used_minor"]) for row in self.now["mandate"]]
        self._same("mandates' use", told, kept)

    def _events(self) -> None:
        """Each success was told to each of its audiences once."""
        tally = self.load.tally
        customer = {p.account_id: f"customer:{p.customer_id}" for p in self.load.stage.players}
        partner = f"partner:{self.load.stage.platform_id}"
        told = []
        for purchase in tally.purchases.values():
            told.append(("PURCHASE", customer[purchase.account_id], purchase.id))
            told.append(("PURCHASE", partner, purchase.id))
            if purchase.refund_id:
                told.append(("REFUND", customer[purchase.account_id], purchase.refund_id))
                told.append(("REFUND", partner, purchase.refund_id))
        told += [
            ("DEPOSIT", customer[deposit.account_id], deposit.transaction_id)
            for deposit in tally.deposits.values()
        ]
        for purchase_id in tally.confirmations:
            account_id = tally.purchases[purchase_id].account_id
            told.append(("TICKETS_CONFIRMED", customer[account_id], purchase_id))
            told.append(("TICKETS_CONFIRMED", partner, purchase_id))
        centre = f"partner:{self.load.stage.centre_id}"
        told += [("DRAW_OPENED", "topic:draws", draw_id) for draw_id in tally.draws]
        told += [("DRAW_CLOSED", "topic:draws", draw_id) for draw_id in tally.closed]
        told += [("DRAW_PUBLISHED", "topic:draws", draw_id) for draw_id in tally.published]
        for run_id in tally.runs:
            told += [("DRAW_PAID", who, run_id) for who in (centre, "topic:alerts")]
        for row in self._new("account_transaction"):
            if row["type"] == "PAYOUT":
                told.append(("PRIZE_PAID", customer[row["account_id"]], row["id"]))
                told.append(("PRIZE_PAID", centre, row["id"]))
        for kind, states in WITHDRAWAL_TOLD.items():
            told += [
                (kind, customer[row["account_id"]], row["id"])
                for row in self._ended("withdrawal", *states)
            ]
        for row in self._ended("deposit", "RETURNED"):
            told.append(("DEPOSIT_REVERSED", customer[row["account_id"]], row["id"]))
            if self.taken_back.get(row["transaction_id"], 0) < row["amount_minor"]:
                told.append(("DEPOSIT_REVERSED", "topic:alerts", row["id"]))
        told += [
            ("DEPOSIT_REVERSED", centre, str(row["amount_minor"]))
            for row in self._ended("pool_funding", "RETURNED")
        ]
        told += [("POOL_FUNDED", centre, str(amount_minor)) for amount_minor in tally.funded]
        kept = [
            (row["kind"], row["audience"], _subject(orjson.loads(row["body"])))
            for row in self._new("feed_event")
            if row["kind"] != "THRESHOLD_ALERT"
        ]
        self._same("events", told, kept)

    def _heard(self, subscriber: Subscriber) -> None:
        """Everything of its audience, in order; repeats only of what it had, unchanged."""
        self.findings += subscriber.faults
        feed = subscriber.expected(self.now["feed_event"])
        expected = [(row["id"], row["kind"]) for row in feed]
        first: dict[int, dict[str, Any]] = {}
        order: list[int] = []
        for heard in subscriber.heard:
            if heard.position in first:
                if first[heard.position] != heard.event:
                    self.findings.append(
                        f"{subscriber.name} heard {heard.position} as {first[heard.position]}"
                        f" and then as {heard.event}"
                    )
                continue
            first[heard.position] = heard.event
            order.append(heard.position)
        if order != sorted(order):
            at = next(i for i in range(1, len(order)) if order[i] < order[i - 1])
            self.findings.append(f"{subscriber.name} heard {order[at]} after {order[at - 1]}")
        heard_all = [(position, event["kind"]) for position, event in first.items()]
        self._same(f"events for {subscriber.name}", expected, heard_all)

    async def _replays(self) -> None:
        """Ask every key again: the first answer, marked, and nothing has changed."""
        before = await contents(self.url)
        queue = list(self.load.asked)
        unlike: list[str] = []

        async def again() -> None:
            wires: dict[str, Wire] = {}
            while queue:
                one = queue.pop()
                wire = wires.setdefault(
                    one.caller.principal, Wire(self.load.port, one.caller.headers)
                )
                answer = await wire.ask_until_answered(one.document, {"input": one.input})
                if plain(answer) != plain(one.answers[0]) or not all(
                    result["replayed"] for result in one.results(answer)
                ):
                    unlike.append(f"{one.operation} {one.input}: {one.answers[0]}, now {answer}")
            for wire in wires.values():
                wire.close()

        async with asyncio.TaskGroup() as group:
            for _ in range(REPLAYERS):
                group.create_task(again())
        self._agree("replays", unlike)
        after = await contents(self.url)
        self._agree("tables that replays changed", [t for t in TABLES if before[t] != after[t]])

    async def _accounts(self) -> None:
        """Walk each account over GraphQL, as its holder sees it."""
        before = {row["id"]: row["balance_minor"] for row in self.start["wallet"]}
        for player in self.load.stage.players:
            wire = Wire(self.load.port, player.caller.headers)
            after: str | None = None
            walked: list[tuple[int, int, int]] = []
            while True:
                account = await wire.ask_until_answered(
                    WALK, {"id": player.node_id, "after": after}
                )
                page = account["transactions"]
                walked += [
                    (
                        edge["node"]["number"],
                        minor(edge["node"]["amount"]),
                        minor(edge["node"]["balanceAfter"]),
                    )
                    for edge in page["edges"]
                ]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
            wire.close()
            kept = [
                (row["number"], row["amount_minor"], row["balance_after_minor"])
                for row in self.now["account_transaction"]
                if row["account_id"] == player.account_id
            ]
            self._same(f"transactions shown of {player.account_id}", sorted(kept), walked)
            balance = before[player.account_id] + self._balance(player.account_id)
            shown = {name: minor(account[name]) for name in ("balance", "held", "available")}
            if shown != {"balance": balance, "held": 0, "available": balance}:
                self.findings.append(f"{player.account_id} shows {shown}, not {balance}")


async def contents(url: str) -> dict[str, Rows]:
    """Return every table's rows, by id."""
    return {
        table: await rows(url, f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - own names
        for table in TABLES
    }


def plain(answer: Any) -> Any:  # noqa: ANN401 - JSON
    """Return an answer without its marks of replay."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name != "replayed"}
    if isinstance(answer, list):
        return [plain(value) for value in answer]
    return answer


def _state(purchase: Bought) -> str:
    if purchase.refund_id:
        return "REFUNDED"
    return "PENDING" if purchase.unconfirmed else "COMPLETED"


def _ticket_state(purchase: Bought, serial: str | None) -> str:
    if purchase.refund_id:
        return "REFUNDED"
    return "CONFIRMED" if serial else "UNCONFIRMED"


def _subject(body: dict[str, Any]) -> str:
    for name in ("withdrawal", "transaction", "payout_run", "deposit", "draw"):
        if name in body:
            return str(body[name]["id"])
    return str(body["amount_minor"])


def _system(kind: WalletKind) -> str:
    return str(system_wallet_id(kind, "CNY"))


def _sum(rows_: Rows) -> int:
    return sum(int(row["amount_minor"]) for row in rows_)
