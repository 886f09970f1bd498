"""Counting what an account uses, under its wallet's lock, against what its holder allows.

What is used is counted whether or not there is a limit, so that one that is set today knows what
was used before. A deposit counts from when it was asked for; what comes back within the same
business day or month is given back to it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models import Allowance, SelfLimit
from models.engines import Lookup, Row
from models.kinds import LimitKind
from services.ledger.books import Books
from services.ledger.command import Fact
from services.refusals import RefusalCode, Refused

ALLOWANCES = Lookup.of(Allowance)
LIMITS = Lookup.of(SelfLimit, "account_id")


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted: its two counters' names, and the two limits on them."""

    name: str
    per_day: LimitKind
    per_month: LimitKind

    @property
    def day(self) -> str:
        """The column of the day's counter."""
        return f"{self.name}_day_minor"

    @property
    def month(self) -> str:
        """The column of the month's counter."""
        return f"{self.name}_month_minor"


PAID_IN = Counted("deposited", LimitKind.DEPOSITS_PER_DAY, LimitKind.DEPOSITS_PER_MONTH)
SPENT = Counted("purchased", LimitKind.PURCHASES_PER_DAY, LimitKind.PURCHASES_PER_MONTH)
COUNTERS = {
    kind: column
    for counted in (PAID_IN, SPENT)
    for kind, column in ((counted.per_day, counted.day), (counted.per_month, counted.month))
}
"""The counter that each limit is on."""


def allowance_facts(account_id: UUID) -> tuple[Fact, Fact]:
    """Return what a command must declare that counts on an account."""
    return Fact(ALLOWANCES, (account_id,)), Fact(LIMITS, (account_id,))


def check_not_excluded(books: Books, account_id: UUID) -> None:
    """Say no to a holder who has excluded themselves.

    Raises:
        Refused: ``SELF_EXCLUDED`` with ``until``.
    """
    _check_not_excluded(books, books.one(ALLOWANCES, account_id))


def _check_not_excluded(books: Books, allowance: Row | None) -> None:
    until = None if allowance is None else allowance["excluded_until"]
    if until is not None and until > books.now:
        raise Refused(RefusalCode.SELF_EXCLUDED, "accountId", until=until.isoformat())


def use(books: Books, account_id: UUID, counted: Counted, amount_minor: int, today: date) -> None:
    """Count an amount, unless the holder is excluded or has limited it.

    Args:
        books: With the facts of ``allowance_facts``.
        account_id: Whose wallet is locked.
        counted: ``PAID_IN`` or ``SPENT``.
        amount_minor: How much, above zero.
        today: The business day.

    Raises:
        Refused: ``SELF_EXCLUDED``, ``SELF_LIMIT_EXCEEDED`` with what the limits still allow.
    """
    kept = books.one(ALLOWANCES, account_id)
    _check_not_excluded(books, kept)
    allowance = as_of(kept or nothing_used(account_id, today), today)
    allowed_minor = [
        limit_minor - allowance[COUNTERS[kind]]
        for kind, limit_minor in in_force(books, account_id).items()
        if kind in {counted.per_day, counted.per_month} and limit_minor is not None
    ]
    if allowed_minor and amount_minor > min(allowed_minor):
        raise Refused(
            RefusalCode.SELF_LIMIT_EXCEEDED, "amount", allowed_minor=max(min(allowed_minor), 0)
        )
    allowance[counted.day] += amount_minor
    allowance[counted.month] += amount_minor
    _write(books, allowance, first=kept is None)


def give_back(
    books: Books, account_id: UUID, counted: Counted, amount_minor: int, used_on: date
) -> None:
    """Uncount an amount that was used on a business day, as far as its day and month still run."""
    allowance = books.one(ALLOWANCES, account_id)
    if allowance is None:
        return
    changes: Row = {}
    if allowance["day"] == used_on:
        changes[counted.day] = max(allowance[counted.day] - amount_minor, 0)
    if allowance["month"] == used_on.replace(day=1):
        changes[counted.month] = max(allowance[counted.month] - amount_minor, 0)
    if changes:
        books.update(ALLOWANCES.table, account_id, **changes)


def current(books: Books, account_id: UUID, today: date) -> Row:
    """Return an account's allowance as it stands today: periods that are over begin at zero."""
    allowance = books.one(ALLOWANCES, account_id) or nothing_used(account_id, today)
    return as_of(allowance, today)


def nothing_used(account_id: UUID, today: date) -> Row:
    """Return the allowance of an account that has used nothing yet."""
    counters = dict.fromkeys(COUNTERS.values(), 0)
    month = today.replace(day=1)
    return {"id": account_id, "day": today, "month": month, "excluded_until": None, **counters}


def as_of(allowance: Row, today: date) -> Row:
    """Return a kept allowance as it stands on a day."""
    if allowance["day"] == today and allowance["month"] == today.replace(day=1):
        return allowance
    fresh = nothing_used(allowance["id"], today)
    # A clock that steps back over midnight must not give what was used already.
    day = max(allowance["day"], today)
    over = [column for column in COUNTERS.values() if "_day_" in column and day != allowance["day"]]
    month = max(allowance["month"], fresh["month"])
    over += [c for c in COUNTERS.values() if "_month_" in c and month != allowance["month"]]
    return allowance | {"day": day, "month": month} | dict.fromkeys(over, 0)


def keep(books: Books, allowance: Row) -> None:
    """Write an account's allowance, the first time or again."""
    _write(books, allowance, first=books.one(ALLOWANCES, allowance["id"]) is None)


def _write(books: Books, allowance: Row, *, first: bool) -> None:
    if first:
        books.insert(ALLOWANCES.table, allowance)
        return
    changes = {name: value for name, value in allowance.items() if name != "id"}
    books.update(ALLOWANCES.table, allowance["id"], **changes)


def in_force(books: Books, account_id: UUID) -> dict[LimitKind, int | None]:
    """Return an account's limits as they hold now, in minor units (None: none)."""
    rows = books.all(LIMITS, account_id)
    return {LimitKind(row["kind"]): limit_at(row, books.now) for row in rows}


def limit_at(limit: Row, moment: datetime) -> int | None:
    """Return what a limit is at a moment, a raise whose time has come included."""
    raised = limit["next_from"] is not None and limit["next_from"] <= moment
    value: int | None = limit["next_minor"] if raised else limit["limit_minor"]
    return value
