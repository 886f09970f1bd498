"""What clients were told: every success, with ids and amounts, and what must follow from them.

Amounts are minor units; ids are the rows' ids as text.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.torture.wire import Data, minor, row_id

TAXED_FROM_MINOR = 10_000_00


@dataclass(slots=True)
class Deposited:
    """A deposit that settled."""

    id: str
    transaction_id: str
    account_id: str
    amount_minor: int


@dataclass(slots=True)
class Bought:
    """A purchase, with the serials of its tickets as far as they are known."""

    id: str
    account_id: str
    draw_id: str
    reference: str
    amount_minor: int
    serials: dict[str, str | None]
    refund_id: str | None = None

    @property
    def unconfirmed(self) -> list[str]:
        """The tickets without a serial."""
        return [ticket_id for ticket_id, serial in self.serials.items() if serial is None]


@dataclass(slots=True)
class Withdrawn:
    """A withdrawal that began; how it ends is for the bank to say."""

    id: str
    transaction_id: str
    account_id: str
    amount_minor: int


@dataclass(slots=True)
class Won:
    """A ticket that won. ``account_id`` is whose it is."""

    serial: str
    account_id: str
    prize_minor: int
    paid_by: str | None = None
    """The payout, where somebody was told of it who had asked for it."""

    @property
    def tax_minor(self) -> int:
        """What is withheld: 20 % of a prize above 10,000 CNY."""
        return self.prize_minor // 5 if self.prize_minor > TAXED_FROM_MINOR else 0

    @property
    def net_minor(self) -> int:
        """What arrives."""
        return self.prize_minor - self.tax_minor


@dataclass(slots=True)
class Tally:
    """Everything that was acknowledged. ``twice`` says what was told as new more than once."""

    deposits: dict[str, Deposited] = field(default_factory=dict)
    purchases: dict[str, Bought] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)
    """Refund to purchase."""
    confirmations: list[str] = field(default_factory=list)
    """Purchases, once for every confirmation."""
    funded: list[int] = field(default_factory=list)
    draws: dict[str, str] = field(default_factory=dict)
    """Draw to code."""
    withdrawals: dict[str, Withdrawn] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    """Draws."""
    published: list[str] = field(default_factory=list)
    won: dict[str, Won] = field(default_factory=dict)
    """By serial."""
    runs: dict[str, str] = field(default_factory=dict)
    """Run to draw, of draws that are paid as a whole."""
    refused_by_the_bank: Counter[str] = field(default_factory=Counter)
    """By operation."""
    refusals: Counter[str] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    twice: list[str] = field(default_factory=list)

    def note(self, operation: str, asked: Data, answer: Data) -> None:
        """Take in the one answer to a key."""
        if not answer["__typename"].endswith("Success"):
            self.refusals[answer["code"]] += 1
            self.refused_by_the_bank[operation] += answer["code"] == "BANK_REFUSED"
            return
        self.successes[operation] += 1
        getattr(self, f"_{operation}")(asked, answer)

    def balance(self, account_id: str) -> int:
        """Return what an account must hold, if the bank has paid all and taken nothing back."""
        got = [d.amount_minor for d in self.deposits.values() if d.account_id == account_id]
        got += [won.net_minor for won in self.won.values() if won.account_id == account_id]
        gave = [self.spent(p) for p in self.purchases.values() if p.account_id == account_id]
        gave += [w.amount_minor for w in self.withdrawals.values() if w.account_id == account_id]
        return sum(got) - sum(gave)

    def takings(self) -> int:
        """Return what the sales platform's wallet must hold."""
        return sum(map(self.spent, self.purchases.values()))

    @staticmethod
    def spent(purchase: Bought) -> int:
        """Return what a purchase cost in the end."""
        return 0 if purchase.refund_id else purchase.amount_minor

    def _put(self, shelf: dict[str, Any], row: str, what: object) -> None:
        if row in shelf:
            self.twice.append(f"two keys made {row}: {shelf[row]} and {what}")
        shelf[row] = what

    def _deposit(self, asked: Data, answer: Data) -> None:
        deposited = Deposited(
            id=row_id(answer["deposit"]["id"]),
            transaction_id=row_id(answer["transaction"]["id"]),
            account_id=row_id(asked["accountId"]),
            amount_minor=minor(asked["amount"]),
        )
        self._put(self.deposits, deposited.id, deposited)

    def _purchase(self, asked: Data, answer: Data) -> None:
        told = answer["transaction"]
        bought = Bought(
            id=row_id(told["id"]),
            account_id=row_id(asked["accountId"]),
            draw_id=row_id(asked["tickets"][0]["drawId"]),
            reference=asked["reference"],
            amount_minor=minor(asked["amount"]),
            serials={row_id(ticket["id"]): ticket["serial"] for ticket in answer["tickets"]},
        )
        self._put(self.purchases, bought.id, bought)

    def _refundPurchase(self, asked: Data, answer: Data) -> None:  # noqa: N802 - the field's name
        refund_id, purchase_id = row_id(answer["transaction"]["id"]), row_id(asked["purchaseId"])
        self._put(self.refunds, refund_id, purchase_id)
        purchase = self.purchases[purchase_id]
        if purchase.refund_id is not None:
            self.twice.append(f"purchase {purchase_id} was refunded twice")
        purchase.refund_id = refund_id

    def _confirmTickets(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        del answer
        purchase = self.purchases[row_id(asked["purchaseId"])]
        self.confirmations.append(purchase.id)
        for ticket in asked["tickets"]:
            ticket_id = row_id(ticket["ticketId"])
            if purchase.serials[ticket_id] is not None:
                self.twice.append(f"ticket {ticket_id} was confirmed twice")
            purchase.serials[ticket_id] = ticket["serial"]

    def _fundPrizePool(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        del answer
        self.funded.append(minor(asked["amount"]))

    def _openDraw(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        self._put(self.draws, row_id(answer["draw"]["id"]), asked["code"])

    def _requestWithdrawal(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        withdrawn = Withdrawn(
            id=row_id(answer["withdrawal"]["id"]),
            transaction_id=row_id(answer["transaction"]["id"]),
            account_id=row_id(asked["accountId"]),
            amount_minor=minor(asked["amount"]),
        )
        self._put(self.withdrawals, withdrawn.id, withdrawn)

    def _closeDraw(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        del answer
        self.closed.append(row_id(asked["drawId"]))

    def _uploadWinningTickets(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        self.published.append(row_id(asked["drawId"]))
        account_of = {
            serial: purchase.account_id
            for purchase in self.purchases.values()
            if purchase.draw_id == row_id(asked["drawId"])
            for serial in purchase.serials.values()
        }
        for ticket, result in zip(asked["tickets"], answer["results"], strict=True):
            if result["problem"] is not None:
                self.twice.append(f"a ticket that was sold cannot win: {result}")
            serial = ticket["serial"]
            self._put(self.won, serial, Won(serial, account_of[serial], minor(ticket["prize"])))

    def _payDraw(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        self._put(self.runs, row_id(answer["payoutRun"]["id"]), row_id(asked["drawId"]))

    def _payout(self, asked: Data, answer: Data) -> None:
        won = self.won[asked["serial"]]
        if won.paid_by is not None:
            self.twice.append(f"ticket {won.serial} was paid twice")
        won.paid_by = row_id(answer["transaction"]["id"])

    def _claimPrize(self, asked: Data, answer: Data) -> None:  # noqa: N802 - as above
        self._payout(asked, answer)
