"""No sequence of purchases, refunds, grants and days gets past a mandate's limits."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engines import Row
from services.ledger.books import Books
from services.ledger.shelf import Shelf
from services.lottery.lookups import MANDATES
from services.lottery.mandates import give_back, use_mandate
from services.refusals import RefusalCode, Refused
from tests.factories import NOON, ZONE, new_id

ACCOUNT, PLATFORM = UUID(int=1), UUID(int=2)


@dataclass
class Ledger:
    """A mandate under random use, and an honest count of what it let through."""

    shelf: Shelf = field(default_factory=Shelf)
    day: int = 0
    bought: list[tuple[int, date]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put a mandate on the shelf."""
        row: Row = {
            "id": new_id(),
            "account_id": ACCOUNT,
            "partner_id": PLATFORM,
            "limit_per_purchase_minor": 0,
            "limit_per_day_minor": 0,
            "used_on": NOON.date(),
            "used_minor": 0,
            "granted_at": NOON,
            "expires_at": NOON + timedelta(days=365),
            "revoked_at": None,
        }
        self.shelf.learn(MANDATES, [(ACCOUNT, PLATFORM)], [row])

    @property
    def mandate(self) -> Row:
        """The mandate as it stands."""
        (row,) = self.shelf.rows[MANDATES.table].values()
        return row

    @property
    def today(self) -> date:
        """The business day."""
        return (NOON + timedelta(days=self.day)).astimezone(ZONE).date()

    def books(self) -> Books:
        """One command's view."""
        return Books(self.shelf, NOON + timedelta(days=self.day), new_id, frozenset())

    def spent_today(self) -> int:
        """What was bought today and not given back."""
        return sum(amount for amount, day in self.bought if day == self.today)

    def buy(self, amount_minor: int) -> None:
        """Try to buy."""
        books = self.books()
        mandate = books.one(MANDATES, ACCOUNT, PLATFORM)
        assert mandate is not None
        allowed = min(
            mandate["limit_per_purchase_minor"],
            max(mandate["limit_per_day_minor"] - self.spent_today(), 0),
        )
        if amount_minor > allowed:
            with pytest.raises(Refused) as refused:
                use_mandate(books, mandate, amount_minor, self.today)
            assert refused.value.refusal.code is RefusalCode.MANDATE_LIMIT_EXCEEDED
            assert refused.value.refusal.details == {"allowed_minor": allowed}
        else:
            use_mandate(books, mandate, amount_minor, self.today)
            books.keep()
            self.bought.append((amount_minor, self.today))

    def refund(self, which: int) -> None:
        """Give a purchase back, of today or of long ago."""
        if self.bought:
            amount_minor, day = self.bought.pop(which % len(self.bought))
            books = self.books()
            give_back(books, books.one(MANDATES, ACCOUNT, PLATFORM), amount_minor, day)
            books.keep()

    def regrant(self, per_purchase_minor: int, per_day_minor: int) -> None:
        """Change the limits."""
        books = self.books()
        books.update(
            MANDATES.table,
            self.mandate["id"],
            limit_per_purchase_minor=per_purchase_minor,
            limit_per_day_minor=per_day_minor,
        )
        books.keep()


AMOUNTS = st.integers(1, 60)
STEPS = st.one_of(
    st.tuples(st.just("buy"), AMOUNTS),
    st.tuples(st.just("refund"), st.integers(0, 50)),
    st.tuples(st.just("regrant"), AMOUNTS, st.integers(1, 150)),
    st.tuples(st.just("next day")),
)


@given(st.lists(STEPS, max_size=60))
def test_limits_hold_and_are_never_narrower_than_granted(
    steps: list[tuple[str, *tuple[int, ...]]],
) -> None:
    ledger = Ledger()
    ledger.regrant(40, 100)
    for verb, *numbers in steps:
        if verb == "next day":
            ledger.day += 1
        else:
            getattr(ledger, verb)(*numbers)
