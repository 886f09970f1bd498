"""The books alone, without a database: what a decision may do, and what a refusal leaves."""

import itertools
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import Account, Ticket
from models.currencies import system_wallet_id
from models.engines import Lookup, Row, Table
from models.kinds import EntryKind, EventKind, HoldState, WalletKind, WalletStatus
from services.ledger.books import ENTRIES, HOLDS, LINES, Books, LedgerFault
from services.ledger.movements import PERMITTED
from services.ledger.postings import WALLETS, Move, Wallet
from services.ledger.shelf import Shelf
from services.refusals import RefusalCode, Refused
from tests.ledger.support import NOON

TICKETS = Table.of(Ticket)
BY_ID = Lookup.on(TICKETS)
SERIALS = Lookup.of(Ticket, "draw_id", "serial")


def a_wallet(kind: WalletKind = WalletKind.LOTTERY, **changes: object) -> Wallet:
    state: dict[str, Any] = {
        "id": uuid4(),
        "kind": kind,
        "currency": "CNY",
        "owner_id": None,
        "status": WalletStatus.ACTIVE,
        "balance_minor": -1_000 if kind.is_asset else 1_000,
        "held_minor": 0,
        "line_count": 1,
        "last_line_at": NOON,
        "opened_at": NOON,
    }
    return Wallet(**state | changes)


def books_of(*wallets: Wallet, shelf: Shelf | None = None) -> Books:
    shelf = shelf or Shelf()
    shelf.wallets |= {wallet.id: wallet for wallet in wallets}
    return Books(shelf, NOON, uuid4, frozenset(shelf.wallets))


def a_ticket(**changes: object) -> Row:
    row: Row = dict.fromkeys(TICKETS.columns)
    return row | {"id": uuid4(), "draw_id": uuid4(), "serial": "A"} | changes


def state_of(books: Books) -> object:
    """Everything that a decision has left in the books, and on the shelf."""
    shelf = books._shelf
    rows = [(table, deepcopy(rows)) for table, rows in shelf.rows.items()]
    updates = [(table, deepcopy(rows)) for table, rows in books._updates.items()]
    own = [dict(books._wallets), deepcopy(books._inserts), updates, set(books._opened)]
    return [own, dict(shelf.wallets), rows, dict(shelf.inserts), dict(shelf.updates)]


WAYS = [
    (kind, source, to)
    for kind in EntryKind
    for source, to in itertools.product(WalletKind, WalletKind)
]


@pytest.mark.parametrize(("kind", "source", "to"), WAYS)
def test_only_permitted_ways_are_open(kind: EntryKind, source: WalletKind, to: WalletKind) -> None:
    giver, taker = a_wallet(source), a_wallet(to)
    books = books_of(giver, taker)
    before = state_of(books)
    reverses_id = uuid4() if kind is EntryKind.REVERSAL else None
    if (source, to) in PERMITTED[kind]:
        posted = books.post(kind, Move(giver.id, taker.id, 7), reverses_id=reverses_id)
        assert posted.wallets[giver.id].balance_minor == giver.balance_minor - 7
        assert posted.wallets[taker.id].balance_minor == taker.balance_minor + 7
    else:
        with pytest.raises(LedgerFault, match="nothing may move"):
            books.post(kind, Move(giver.id, taker.id, 7), reverses_id=reverses_id)
        assert state_of(books) == before


def test_the_table_of_ways_is_the_one_that_was_decided() -> None:
    """Read by people: a new way is a decision, not an accident."""
    ways = {
        kind: sorted(f"{source}>{to}" for source, to in PERMITTED[kind])
        for kind in EntryKind
        if kind is not EntryKind.REVERSAL
    }
    assert ways == {
        EntryKind.DEPOSIT: ["BANK>LOTTERY"],
        EntryKind.PURCHASE: ["LOTTERY>PARTNER"],
        EntryKind.REFUND: ["PARTNER>LOTTERY"],
        EntryKind.POOL_FUNDING: ["BANK>PRIZE_POOL"],
        EntryKind.PAYOUT: ["PRIZE_POOL>LOTTERY", "PRIZE_POOL>TAX"],
        EntryKind.CAPTURE: ["LOTTERY>PARTNER"],
        EntryKind.WITHDRAWAL: ["LOTTERY>IN_TRANSIT"],
        EntryKind.SENDING_BACK: ["SUSPENSE>IN_TRANSIT"],
        EntryKind.BANK_PAYMENT: ["IN_TRANSIT>BANK"],
        EntryKind.BANK_REFUSAL: ["IN_TRANSIT>LOTTERY", "IN_TRANSIT>SUSPENSE"],
        EntryKind.BANK_RETURN: ["BANK>LOTTERY", "BANK>SUSPENSE"],
        EntryKind.RECEIPT: ["BANK>SUSPENSE"],
        EntryKind.ATTRIBUTION: ["SUSPENSE>LOTTERY"],
    }
    forward = {way for kind in ways for way in PERMITTED[kind]}
    # What was taken back after it was spent becomes suspense's debt.
    owed = (WalletKind.SUSPENSE_DEBT, WalletKind.BANK)
    assert PERMITTED[EntryKind.REVERSAL] == {(to, source) for source, to in forward} | {owed}


@pytest.mark.parametrize(
    ("amount_minor", "same", "currency"),
    [(0, False, "CNY"), (-1, False, "CNY"), (1, True, "CNY"), (1, False, "EUR")],
)
def test_what_is_no_movement_is_a_fault(amount_minor: int, same: bool, currency: str) -> None:  # noqa: FBT001 - a parameter
    giver, taker = a_wallet(), a_wallet(WalletKind.PARTNER, currency=currency)
    books = books_of(giver, taker)
    before = state_of(books)
    to = giver.id if same else taker.id
    with pytest.raises(LedgerFault, match="not a movement"):
        books.post(EntryKind.PURCHASE, Move(giver.id, to, amount_minor))
    assert state_of(books) == before


@pytest.mark.parametrize(
    ("giver", "code"),
    [
        (a_wallet(balance_minor=6), RefusalCode.INSUFFICIENT_FUNDS),
        (a_wallet(balance_minor=10, held_minor=4), RefusalCode.INSUFFICIENT_FUNDS),
        (a_wallet(status=WalletStatus.FROZEN), RefusalCode.ACCOUNT_BLOCKED),
    ],
)
def test_who_catches_a_refusal_has_changed_nothing(giver: Wallet, code: RefusalCode) -> None:
    rich, shop = a_wallet(), a_wallet(WalletKind.PARTNER)
    books = books_of(giver, rich, shop)
    before = state_of(books)
    with pytest.raises(Refused) as caught:
        # The move of the rich comes first, and must not stay behind.
        books.post(EntryKind.PURCHASE, Move(rich.id, shop.id, 7), Move(giver.id, shop.id, 7))
    assert caught.value.refusal.code is code
    assert state_of(books) == before


def test_what_comes_into_a_blocked_wallet_arrives() -> None:
    blocked, shop = a_wallet(status=WalletStatus.FROZEN), a_wallet(WalletKind.PARTNER)
    posted = books_of(blocked, shop).post(EntryKind.REFUND, Move(shop.id, blocked.id, 7))
    assert posted.wallets[blocked.id].balance_minor == 1_007


def test_the_bank_never_owes() -> None:
    bank, pool = a_wallet(WalletKind.BANK, balance_minor=-5), a_wallet(WalletKind.PRIZE_POOL)
    books = books_of(bank, pool)
    before = state_of(books)
    with pytest.raises(Refused) as caught:
        books.post(EntryKind.REVERSAL, Move(pool.id, bank.id, 6), reverses_id=uuid4())
    assert caught.value.refusal.code is RefusalCode.INSUFFICIENT_FUNDS
    assert state_of(books) == before


def test_no_line_is_dated_before_another_of_its_wallet() -> None:
    later = NOON + timedelta(hours=1)
    giver, shop = a_wallet(last_line_at=later), a_wallet(WalletKind.PARTNER)
    books = books_of(giver, shop)
    posted = books.post(EntryKind.PURCHASE, Move(giver.id, shop.id, 1))
    assert posted.at == later
    assert {row["at"] for row in books._inserts[LINES]} == {later}
    assert [row["at"] for row in books._inserts[ENTRIES]] == [later]


def test_undeclared_wallets_and_facts_are_faults() -> None:
    books = books_of()
    with pytest.raises(LedgerFault, match="not declared"):
        books.wallet(uuid4())
    with pytest.raises(LedgerFault, match="not declared"):
        books.one(BY_ID, uuid4())


def test_a_declared_wallet_that_is_not_there_is_not_found() -> None:
    wallet_id = uuid4()
    books = Books(Shelf(), NOON, uuid4, frozenset({wallet_id}))
    with pytest.raises(Refused) as caught:
        books.wallet(wallet_id)
    assert caught.value.refusal.code is RefusalCode.NOT_FOUND


def test_a_wallet_is_opened_once() -> None:
    wallet = a_wallet()
    with pytest.raises(LedgerFault, match="open already"):
        books_of(wallet).open_wallet(WalletKind.LOTTERY, "CNY", None, wallet.id)


@pytest.mark.parametrize("table", [WALLETS, ENTRIES, LINES, HOLDS])
def test_the_journal_is_not_written_by_the_way(table: Table) -> None:
    books = books_of()
    with pytest.raises(LedgerFault, match="books themselves"):
        books.insert(table, dict.fromkeys(table.columns))
    with pytest.raises(LedgerFault, match="books themselves"):
        books.update(table, uuid4(), balance_minor=1)


def test_a_change_of_what_was_not_read_fails_at_once() -> None:
    books = books_of()
    with pytest.raises(LedgerFault, match="without having been read"):
        books.update(TICKETS, uuid4(), state="CONFIRMED")
    ticket = a_ticket()
    books.insert(TICKETS, ticket)
    with pytest.raises(LedgerFault, match="no columns"):
        books.update(TICKETS, ticket["id"], colour="red")
    with pytest.raises(LedgerFault, match="missing"):
        books.insert(TICKETS, {"id": uuid4()})


def test_a_row_that_several_lookups_read_is_one_row() -> None:
    shelf, ticket = Shelf(), a_ticket()
    serial = (ticket["draw_id"], "A")
    shelf.learn(BY_ID, [(ticket["id"],)], [dict(ticket)])
    shelf.learn(SERIALS, [serial], [dict(ticket)])
    shelf.learn(BY_ID, [(ticket["id"],)], [dict(ticket)])  # locked, and a fact as well
    books = books_of(shelf=shelf)
    assert books.all(BY_ID, ticket["id"]) == [ticket]
    books.update(TICKETS, ticket["id"], state="CONFIRMED")
    assert books.one(SERIALS, *serial) == ticket | {"state": "CONFIRMED"}
    books.keep()
    assert books_of(shelf=shelf).one(BY_ID, ticket["id"]) == ticket | {"state": "CONFIRMED"}
    assert shelf.take_writes().updates == {TICKETS: {ticket["id"]: {"state": "CONFIRMED"}}}


def test_the_later_reading_of_a_row_counts() -> None:
    """READ COMMITTED shows a row that nobody locked as it is at each statement."""
    shelf, ticket = Shelf(), a_ticket()
    old, new = (ticket["draw_id"], "A"), (ticket["draw_id"], "B")
    shelf.learn(SERIALS, [old, new], [dict(ticket)])
    shelf.learn(BY_ID, [(ticket["id"],)], [ticket | {"serial": "B"}])
    books = books_of(shelf=shelf)
    assert books.all(SERIALS, *old) == []
    assert books.all(SERIALS, *new) == [ticket | {"serial": "B"}]


def test_a_command_finds_what_it_wrote_and_changed_itself() -> None:
    shelf, ticket = Shelf(), a_ticket(serial="C")
    first, second = (ticket["draw_id"], "A"), (ticket["draw_id"], "B")
    shelf.learn(SERIALS, [first, second], [])
    books = books_of(shelf=shelf)
    other = a_ticket(draw_id=ticket["draw_id"], serial="A")
    books.insert(TICKETS, other)
    assert books.one(SERIALS, *first) == other
    books.update(TICKETS, other["id"], serial="B")
    assert books.one(SERIALS, *first) is None
    assert books.one(SERIALS, *second) == other | {"serial": "B"}


def test_later_commands_of_a_group_see_and_change_what_an_earlier_one_wrote() -> None:
    shelf, ticket = Shelf(), a_ticket()
    serial = (ticket["draw_id"], "A")
    shelf.learn(SERIALS, [serial], [])
    first = books_of(shelf=shelf)
    first.insert(TICKETS, ticket)
    first.keep()
    second = books_of(shelf=shelf)
    found = second.one(SERIALS, *serial)
    assert found == ticket
    second.update(TICKETS, ticket["id"], state="CONFIRMED")
    assert found["state"] is None  # what a decision was handed does not change under it
    second.keep()
    writes = shelf.take_writes()
    assert writes.updates == {}  # one insert of the row as it is now, not an insert and an update
    assert [row["state"] for row in writes.inserts[TICKETS]] == ["CONFIRMED"]


def test_later_commands_find_a_row_where_an_earlier_one_has_moved_it() -> None:
    shelf, ticket = Shelf(), a_ticket()
    old, new = (ticket["draw_id"], "A"), (ticket["draw_id"], "B")
    shelf.learn(SERIALS, [old, new], [dict(ticket)])
    first = books_of(shelf=shelf)
    first.update(TICKETS, ticket["id"], serial="B")
    first.keep()
    second = books_of(shelf=shelf)
    assert second.one(SERIALS, *old) is None
    assert second.one(SERIALS, *new) == ticket | {"serial": "B"}


def test_an_event_for_nobody_is_none() -> None:
    books = books_of()
    books.tell(EventKind.PURCHASE, {})
    books.keep()
    assert books._shelf.take_writes().inserts == {}


def test_what_was_written_already_is_updated() -> None:
    shelf, ticket, wallet = Shelf(), a_ticket(), a_wallet()
    shelf.learn(BY_ID, [(ticket["id"],)], [])
    first = books_of(shelf=shelf)
    first.insert(TICKETS, ticket)
    first.open_wallet(wallet.kind, wallet.currency, wallet.owner_id, wallet.id)
    first.keep()
    assert shelf.take_writes().inserts.keys() == {TICKETS, WALLETS}
    second = Books(shelf, first.now, first.new_id, frozenset({wallet.id}))
    second.update(TICKETS, ticket["id"], state="CONFIRMED")
    second.set_status(wallet.id, WalletStatus.FROZEN)
    second.keep()
    writes = shelf.take_writes()
    assert writes.inserts == {}
    assert writes.updates[TICKETS] == {ticket["id"]: {"state": "CONFIRMED"}}
    assert writes.updates[WALLETS][wallet.id]["status"] == WalletStatus.FROZEN
    nothing = shelf.take_writes()
    assert (nothing.inserts, nothing.updates) == ({}, {})


def test_a_refused_command_leaves_the_shelf_as_it_was() -> None:
    shelf, ticket = Shelf(), a_ticket()
    shelf.learn(BY_ID, [(ticket["id"],)], [dict(ticket)])
    giver, shop = a_wallet(), a_wallet(WalletKind.PARTNER)
    books = books_of(giver, shop, shelf=shelf)
    before = state_of(books_of(shelf=shelf))
    books.post(EntryKind.PURCHASE, Move(giver.id, shop.id, 1))
    books.update(TICKETS, ticket["id"], state="REFUNDED")
    books.set_status(giver.id, WalletStatus.FROZEN)
    assert state_of(books_of(shelf=shelf)) == before  # nothing is kept until keep() is called


def test_holds_in_parts() -> None:
    wallet = a_wallet()
    books = books_of(wallet)
    hold = books.hold(wallet.id, 600, None)
    assert books.wallet(wallet.id).available_minor == 400
    part = books.let_go(hold, 200, HoldState.CAPTURED)
    assert (part["remaining_minor"], part["state"]) == (400, HoldState.PLACED)
    whole = books.let_go(hold, 400, HoldState.RELEASED)  # handed an old row on purpose
    assert (whole["remaining_minor"], whole["state"]) == (0, HoldState.RELEASED)
    assert whole["ended_at"] == NOON
    assert books.wallet(wallet.id).available_minor == 1_000
    with pytest.raises(LedgerFault, match="cannot be let go"):
        books.let_go(hold, 1, HoldState.RELEASED)


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_nothing_is_not_held(amount_minor: int) -> None:
    wallet = a_wallet()
    with pytest.raises(LedgerFault, match="cannot be held"):
        books_of(wallet).hold(wallet.id, amount_minor, None)


def test_missing_columns_of_an_account_are_named() -> None:
    with pytest.raises(LedgerFault, match="identity"):
        books_of().insert(Table.of(Account), {"id": UUID(int=1)})


def test_system_wallets_are_the_same_everywhere() -> None:
    assert system_wallet_id(WalletKind.BANK, "CNY") == system_wallet_id(WalletKind.BANK, "CNY")
    assert system_wallet_id(WalletKind.BANK, "CNY") != system_wallet_id(WalletKind.TAX, "CNY")
