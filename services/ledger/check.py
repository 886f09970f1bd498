"""The integrity check: every balance, number and reference, recomputed from the lines."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from models import (
    Account,
    BankCard,
    BankInstruction,
    Customer,
    Deposit,
    Draw,
    Entry,
    Hold,
    Line,
    Mandate,
    Partner,
    PayoutRun,
    PoolFunding,
    SuspenseItem,
    Ticket,
    Transaction,
    Wallet,
    WinningTicket,
    Withdrawal,
)
from models.engines import Row, Snapshot, Table, open_engine
from models.kinds import EntryKind, HoldState, Permission, WalletKind
from services.actors import Actor
from services.ledger.means import Means
from services.ledger.rows import Progress, Rows, silent

LISTED = 100

WALLETS = Table.of(Wallet)
ENTRIES = Table.of(Entry)
LINES = Table.of(Line)
HOLDS = Table.of(Hold)
TRANSACTIONS = Table.of(Transaction)

REFERENCES: tuple[tuple[Table, str, Table], ...] = (
    (ENTRIES, "reverses_id", ENTRIES),
    (Table.of(Account), "id", WALLETS),
    (Table.of(Account), "customer_id", Table.of(Customer)),
    (TRANSACTIONS, "partner_id", Table.of(Partner)),
    (TRANSACTIONS, "original_id", TRANSACTIONS),
    (Table.of(BankCard), "customer_id", Table.of(Customer)),
    (Table.of(BankInstruction), "wallet_id", WALLETS),
    (Table.of(BankInstruction), "card_id", Table.of(BankCard)),
    (Table.of(Withdrawal), "id", Table.of(BankInstruction)),
    (Table.of(Withdrawal), "account_id", Table.of(Account)),
    (Table.of(Withdrawal), "card_id", Table.of(BankCard)),
    (Table.of(Withdrawal), "transaction_id", TRANSACTIONS),
    (Table.of(Withdrawal), "return_id", TRANSACTIONS),
    (Table.of(SuspenseItem), "entry_id", ENTRIES),
    (Table.of(SuspenseItem), "withdrawal_id", Table.of(Withdrawal)),
    (Table.of(SuspenseItem), "account_id", Table.of(Account)),
    (Table.of(SuspenseItem), "instruction_id", Table.of(BankInstruction)),
    (Table.of(Deposit), "id", Table.of(BankInstruction)),
    (Table.of(Deposit), "card_id", Table.of(BankCard)),
    (Table.of(Deposit), "account_id", Table.of(Account)),
    (Table.of(Deposit), "transaction_id", TRANSACTIONS),
    (Table.of(PoolFunding), "id", Table.of(BankInstruction)),
    (Table.of(PoolFunding), "centre_id", Table.of(Partner)),
    (Table.of(PoolFunding), "entry_id", Table.of(Entry)),
    (Table.of(Mandate), "account_id", Table.of(Account)),
    (Table.of(Mandate), "partner_id", Table.of(Partner)),
    (Table.of(Draw), "centre_id", Table.of(Partner)),
    (Table.of(Ticket), "purchase_id", TRANSACTIONS),
    (Table.of(Ticket), "draw_id", Table.of(Draw)),
    (Table.of(WinningTicket), "ticket_id", Table.of(Ticket)),
    (Table.of(WinningTicket), "payout_id", TRANSACTIONS),
    (Table.of(PayoutRun), "draw_id", Table.of(Draw)),
)
"""Which columns name a row of another table; the tables have no foreign keys of their own."""


class Rule(StrEnum):
    """What can be found broken."""

    ENTRY_EMPTY = "ENTRY_EMPTY"
    ENTRY_MISSING = "ENTRY_MISSING"
    ENTRY_SUM = "ENTRY_SUM"
    ENTRY_TIME = "ENTRY_TIME"
    ENTRY_REVERSAL = "ENTRY_REVERSAL"
    WALLET_MISSING = "WALLET_MISSING"
    WALLET_BALANCE = "WALLET_BALANCE"
    WALLET_LINE_COUNT = "WALLET_LINE_COUNT"
    WALLET_LAST_LINE = "WALLET_LAST_LINE"
    WALLET_HELD = "WALLET_HELD"
    WALLET_FLOOR = "WALLET_FLOOR"
    LINE_NUMBER = "LINE_NUMBER"
    LINE_BALANCE = "LINE_BALANCE"
    LINE_FLOOR = "LINE_FLOOR"
    LINE_TIME = "LINE_TIME"
    LINE_CURRENCY = "LINE_CURRENCY"
    HOLD_STATE = "HOLD_STATE"
    TRANSACTION_LINE = "TRANSACTION_LINE"
    CURRENCY_TOTAL = "CURRENCY_TOTAL"
    REFERENCE_MISSING = "REFERENCE_MISSING"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it must be: which rule, of what, what was expected and found."""

    rule: Rule
    subject: str
    expected: str
    found: str


@dataclass(slots=True)
class LedgerReport:
    """What the check read and found; at most 100 differences are listed, all are counted."""

    wallets: int = 0
    entries: int = 0
    lines: int = 0
    holds: int = 0
    transactions: int = 0
    difference_count: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.difference_count == 0

    def note(self, rule: Rule, subject: object, expected: object, found: object) -> None:
        """Count a difference, and list it while there is room."""
        self.difference_count += 1
        if len(self.differences) < LISTED:
            self.differences.append(Difference(rule, str(subject), str(expected), str(found)))

    def expect(self, rule: Rule, subject: object, expected: object, found: object) -> None:
        """Count a difference where there is one."""
        if expected != found:
            self.note(rule, subject, expected, found)


async def check_ledger(
    ledger: Means | str, actor: Actor, progress: Progress = silent
) -> LedgerReport:
    """Recompute the whole ledger from its lines, for who sees the ledger.

    It sees one moment of the database while the desk goes on writing, holds nobody up, and keeps
    a few batches of rows in memory, however many there are.

    Args:
        ledger: The house, or a database URL.
        actor: Who asks.
        progress: Called with what is being read and the number of rows so far.

    Raises:
        NotAllowed: The caller may not see the ledger.
        ConnectionLost: The database cannot be reached.
    """
    actor.require(Permission.SEE_LEDGER)
    engine = open_engine(ledger) if isinstance(ledger, str) else ledger.desk.engine
    report = LedgerReport()
    async with engine.snapshot() as snapshot:
        await _check_wallets(snapshot, report, progress)
        await _check_entries(snapshot, report, progress)
        await _check_references(snapshot, report, progress)
    return report


async def _check_wallets(snapshot: Snapshot, report: LedgerReport, progress: Progress) -> None:
    """Go through wallets, lines, holds and transactions side by side, a wallet at a time."""
    wallets = Rows(snapshot, WALLETS, "id", progress=progress, what="wallets")
    lines = Rows(snapshot, LINES, "wallet_id", "number", progress=progress, what="lines")
    holds = Rows(snapshot, HOLDS, "wallet_id", "id", progress=progress, what="holds")
    transactions = Rows(
        snapshot, TRANSACTIONS, "account_id", "number", progress=progress, what="transactions"
    )
    streams = (
        (wallets, "id"),
        (lines, "wallet_id"),
        (holds, "wallet_id"),
        (transactions, "account_id"),
    )
    for rows, _ in streams:
        await rows.advance()
    totals: dict[str, int] = {}
    while owners := [rows.next[column] for rows, column in streams if rows.next is not None]:
        wallet_id: UUID = min(owners)
        wallet: Row | None = None
        async for row in wallets.of("id", wallet_id):
            wallet = row
        if wallet is None:
            report.note(Rule.WALLET_MISSING, wallet_id, "a wallet", "none")
        await _check_lines(report, wallet_id, wallet, lines, transactions, totals)
        await _check_holds(report, wallet_id, wallet, holds)
    for currency, total_minor in sorted(totals.items()):
        report.expect(Rule.CURRENCY_TOTAL, currency, 0, total_minor)
    report.wallets, report.lines = wallets.count, lines.count
    report.holds, report.transactions = holds.count, transactions.count


async def _check_lines(
    report: LedgerReport,
    wallet_id: UUID,
    wallet: Row | None,
    lines: Rows,
    transactions: Rows,
    totals: dict[str, int],
) -> None:
    sum_minor = balance_minor = number = 0
    last: Row | None = None
    async for line in lines.of("wallet_id", wallet_id):
        subject = f"{wallet_id}#{line['number']}"
        report.expect(Rule.LINE_NUMBER, subject, number + 1, line["number"])
        sum_minor += line["amount_minor"]
        balance_minor += line["amount_minor"]
        report.expect(Rule.LINE_BALANCE, subject, balance_minor, line["balance_after_minor"])
        # Each line is judged by the one before, so that one wrong line is named, not all after it.
        number, balance_minor = line["number"], line["balance_after_minor"]
        if last is not None and line["at"] < last["at"]:
            report.note(Rule.LINE_TIME, subject, f"not before {last['at']}", line["at"])
        if wallet is not None:
            report.expect(Rule.LINE_CURRENCY, subject, wallet["currency"], line["currency"])
            if not _stands(wallet["kind"], line["balance_after_minor"]):
                report.note(Rule.LINE_FLOOR, subject, "its side of zero", balance_minor)
        totals[line["currency"]] = totals.get(line["currency"], 0) + line["amount_minor"]
        await _check_transactions(report, wallet_id, line, transactions)
        last = line
    await _check_transactions(report, wallet_id, None, transactions)
    if wallet is not None:
        report.expect(Rule.WALLET_BALANCE, wallet_id, sum_minor, wallet["balance_minor"])
        report.expect(Rule.WALLET_LINE_COUNT, wallet_id, number, wallet["line_count"])
        last_at = last["at"] if last is not None else None
        report.expect(Rule.WALLET_LAST_LINE, wallet_id, last_at, wallet["last_line_at"])
        available_minor = wallet["balance_minor"] - wallet["held_minor"]
        if not _stands(wallet["kind"], available_minor) or wallet["held_minor"] < 0:
            report.note(Rule.WALLET_FLOOR, wallet_id, "its side of zero", available_minor)


def _stands(kind: str, amount_minor: int) -> bool:
    return amount_minor <= 0 if WalletKind(kind).is_asset else amount_minor >= 0


async def _check_transactions(
    report: LedgerReport, wallet_id: UUID, line: Row | None, transactions: Rows
) -> None:
    """Compare the account's transactions up to a line (all that are left, if None) with it."""
    while (row := transactions.next) is not None and row["account_id"] == wallet_id:
        if line is not None and row["number"] > line["number"]:
            return
        subject = f"transaction {row['id']}"
        if line is None or row["number"] < line["number"]:
            report.note(Rule.TRANSACTION_LINE, subject, f"line {row['number']}", "none")
        else:
            told = (row["id"], row["amount_minor"], row["balance_after_minor"], row["currency"])
            posted = (
                line["entry_id"],
                line["amount_minor"],
                line["balance_after_minor"],
                line["currency"],
            )
            report.expect(Rule.TRANSACTION_LINE, subject, posted, told)
            report.expect(Rule.TRANSACTION_LINE, subject, line["at"], row["at"])
            given_back = row["refunded_minor"]
            if not 0 <= given_back <= abs(row["amount_minor"]):
                report.note(Rule.TRANSACTION_LINE, subject, "refunded within it", given_back)
        await transactions.advance()


async def _check_holds(
    report: LedgerReport, wallet_id: UUID, wallet: Row | None, holds: Rows
) -> None:
    held_minor = 0
    async for hold in holds.of("wallet_id", wallet_id):
        is_placed = hold["state"] == HoldState.PLACED
        remaining_minor = hold["remaining_minor"]
        if not 0 <= remaining_minor <= hold["amount_minor"] or is_placed != (remaining_minor > 0):
            report.note(Rule.HOLD_STATE, hold["id"], hold["state"], remaining_minor)
        if is_placed:
            held_minor += remaining_minor
    if wallet is not None:
        report.expect(Rule.WALLET_HELD, wallet_id, held_minor, wallet["held_minor"])


async def _check_entries(snapshot: Snapshot, report: LedgerReport, progress: Progress) -> None:
    """Go through entries and their lines side by side."""
    entries = Rows(snapshot, ENTRIES, "id", progress=progress, what="entries")
    lines = Rows(snapshot, LINES, "entry_id", "id", progress=progress, what="lines of entries")
    await entries.advance()
    await lines.advance()
    while True:
        ids = [entries.next["id"]] if entries.next is not None else []
        ids += [lines.next["entry_id"]] if lines.next is not None else []
        if not ids:
            break
        entry_id: UUID = min(ids)
        entry: Row | None = None
        async for row in entries.of("id", entry_id):
            entry = row
        await _check_entry(report, entry_id, entry, lines)
    report.entries = entries.count


async def _check_entry(
    report: LedgerReport, entry_id: UUID, entry: Row | None, lines: Rows
) -> None:
    sums: dict[str, int] = {}
    async for line in lines.of("entry_id", entry_id):
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["amount_minor"]
        if entry is not None:
            report.expect(Rule.ENTRY_TIME, entry_id, entry["at"], line["at"])
    for currency, sum_minor in sums.items():
        report.expect(Rule.ENTRY_SUM, f"{entry_id} {currency}", 0, sum_minor)
    if entry is None:
        report.note(Rule.ENTRY_MISSING, entry_id, "an entry", "none")
        return
    if not sums:
        report.note(Rule.ENTRY_EMPTY, entry_id, "lines", "none")
    names_another = entry["reverses_id"] is not None
    if names_another != (entry["kind"] == EntryKind.REVERSAL):
        report.note(Rule.ENTRY_REVERSAL, entry_id, entry["kind"], entry["reverses_id"])


async def _check_references(snapshot: Snapshot, report: LedgerReport, progress: Progress) -> None:
    for number, (table, column, parent) in enumerate(REFERENCES, 1):
        for row in await snapshot.orphans(table, column, parent, LISTED):
            subject = f"{table.name} {row['id']}"
            report.note(Rule.REFERENCE_MISSING, subject, f"{column} in {parent.name}", row["value"])
        progress("references", number)
