"""Adding an archive up again, with nothing but itself."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.ledger.archive import FORMAT, Record

LISTED = 100
FINGERPRINTS = 2**256

Standing = tuple[int, int]
"""The number of a wallet's last line, and its balance in minor units."""


@dataclass(slots=True)
class ArchiveReport:
    """What an archive holds, and what is not as it must be; at most 100 faults are listed.

    Attributes:
        begun: From when it is; None where it is from the ledger's beginning.
        before: Up to when.
        opening: How each wallet stood at the beginning.
        closing: How each wallet stood in the end.
        sha256: The seal, by which a copy of it kept elsewhere knows the file again.
    """

    begun: str | None = None
    before: str = ""
    lines: int = 0
    entries: int = 0
    sha256: str = ""
    opening: dict[str, Standing] = field(default_factory=dict)
    closing: dict[str, Standing] = field(default_factory=dict)
    fault_count: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return self.fault_count == 0

    def note(self, fault: str) -> None:
        """Count a fault, and list it while there is room."""
        self.fault_count += 1
        if len(self.faults) < LISTED:
            self.faults.append(fault)

    def expect(self, what: str, expected: object, found: object) -> None:
        """Count a fault where there is one."""
        if expected != found:
            self.note(f"{what}: expected {expected}, found {found}")

    def follow(self, earlier: "ArchiveReport") -> None:
        """Compare where it begins with where an earlier one ended."""
        self.expect("it goes on from", earlier.before, self.begun)
        begun = {wallet: standing for wallet, standing in self.opening.items() if standing[0]}
        for wallet in sorted(earlier.closing.keys() | begun.keys()):
            expected = earlier.closing.get(wallet, (0, 0))
            self.expect(f"{wallet} at the beginning", expected, self.opening.get(wallet, (0, 0)))


def check_archive(lines: Iterable[bytes]) -> ArchiveReport:
    """Read an archive, and add everything up."""
    reading = ArchiveReading()
    for line in lines:
        reading.take(line)
    return reading.end()


class ArchiveReading:
    """An archive that is being read, or written: a line after the other."""

    def __init__(self) -> None:
        self._report = ArchiveReport()
        self._count = 0
        self._seal = hashlib.sha256()
        self._sealed = False
        self._wallet: Record | None = None
        self._standing: Standing = (0, 0)
        self._last_at = ""
        self._totals: Counter[str] = Counter()
        # The lines stand there twice, in two orders. The sum of their fingerprints is the same
        # for the same lines, in whatever order, and nobody has to remember them.
        self._of_wallets = self._of_entries = 0
        self._takes: dict[str, Callable[[Record], None]] = {
            "archive": self._take_archive,
            "wallet": self._take_wallet,
            "line": self._take_line,
            "closed": self._take_closed,
            "entry": self._take_entry,
            "sha256": self._take_seal,
        }

    def take(self, line: bytes) -> None:
        """Read the next line."""
        self._count += 1
        if self._sealed:
            self._report.note(f"line {self._count} comes after the seal")
        try:
            record: Record = orjson.loads(line)
            kind = next(iter(record))
            if (kind == "archive") != (self._count == 1):
                self._report.note(f"line {self._count} does not belong there")
            self._takes[kind](record)
        except (LookupError, TypeError, ValueError, StopIteration):
            self._report.note(f"line {self._count} cannot be read")
        self._seal.update(line)

    def end(self) -> ArchiveReport:
        """Return what was found."""
        report = self._report
        if self._wallet is not None:
            report.note(f"{self._wallet['wallet']} is not closed")
        if not self._sealed:
            report.note("the end is missing")
        if self._of_wallets != self._of_entries:
            report.note("the entries have other lines than the wallets")
        for currency, total_minor in sorted(self._totals.items()):
            report.expect(f"all of {currency}", 0, total_minor)
        return report

    def _take_archive(self, record: Record) -> None:
        self._report.expect("format", FORMAT, record["archive"])
        self._report.begun, self._report.before = record["begun"], record["before"]

    def _take_wallet(self, record: Record) -> None:
        if self._wallet is not None:
            self._report.note(f"{self._wallet['wallet']} is not closed")
        self._wallet = record
        self._standing = (record["number"], record["balance_minor"])
        self._last_at = ""
        self._report.opening[record["wallet"]] = self._standing
        if self._report.begun is None:
            self._report.expect(f"{record['wallet']} at the beginning", (0, 0), self._standing)

    def _take_line(self, record: Record) -> None:
        report, wallet = self._report, self._open()
        number, balance_minor = self._standing
        what = f"{wallet['wallet']}#{record['line']}"
        report.expect(f"{what} number", number + 1, record["line"])
        balance_minor += record["amount_minor"]
        report.expect(f"{what} balance", balance_minor, record["balance_after_minor"])
        report.expect(f"{what} currency", wallet["currency"], record["currency"])
        self._expect_within(what, record["at"])
        if record["at"] < self._last_at:
            report.note(f"{what} is dated before the one before it")
        # Each line is judged by the one before, so that one wrong line is named, not all after it.
        self._standing = (record["line"], record["balance_after_minor"])
        self._last_at = record["at"]
        self._of_wallets = self._with(
            self._of_wallets,
            record["entry"],
            [wallet["wallet"], record["line"], record["amount_minor"], record["currency"]],
        )
        report.lines += 1

    def _take_closed(self, record: Record) -> None:
        wallet = self._open()
        closing = (record["number"], record["balance_minor"])
        self._report.expect("the wallet that is closed", wallet["wallet"], record["closed"])
        self._report.expect(f"{wallet['wallet']} in the end", self._standing, closing)
        self._report.closing[record["closed"]] = closing
        self._totals[wallet["currency"]] += record["balance_minor"]
        self._wallet = None

    def _take_entry(self, record: Record) -> None:
        sums: Counter[str] = Counter()
        for move in record["lines"]:
            sums[move[3]] += move[2]
            self._of_entries = self._with(self._of_entries, record["entry"], move)
        if not record["lines"]:
            self._report.note(f"{record['entry']} has no lines")
        for currency, sum_minor in sums.items():
            self._report.expect(f"{record['entry']} {currency}", 0, sum_minor)
        self._expect_within(record["entry"], record["at"])
        self._report.entries += 1

    def _take_seal(self, record: Record) -> None:
        self._report.sha256 = self._seal.hexdigest()
        self._report.expect("the seal", self._report.sha256, record["sha256"])
        self._sealed = True

    def _open(self) -> Record:
        if self._wallet is None:
            raise ValueError("no wallet is open")
        return self._wallet

    def _expect_within(self, what: str, at: str) -> None:
        # Moments are written in one form, in UTC, so their texts compare as they do.
        if not (self._report.begun or "") <= at < self._report.before:
            self._report.note(f"{what} is dated {at}")

    @staticmethod
    def _with(total: int, entry: str, move: list[Any]) -> int:
        digest = hashlib.sha256(orjson.dumps([entry, *move])).digest()
        return (total + int.from_bytes(digest)) % FINGERPRINTS
