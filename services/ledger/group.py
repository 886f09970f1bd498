"""One group of commands as one transaction, without its I/O.

The order is what keeps it right (``docs/decisions/0001-the-desk.md``): lock the wallets, lock the
shared rows, and only then read the keys and the facts, each in a statement that begins after the
locks were had; decide in memory; write everything; commit.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models import AuditEntry
from models.engines import Engine, Locks, Lookup, Row, Statement, Table
from models.kinds import AuditOutcome
from services.clock import Clock, NewId
from services.ledger.books import Books
from services.ledger.command import Answered, Command, as_json
from services.ledger.postings import WALLETS, Wallet
from services.ledger.shelf import ANSWERS, Shelf
from services.refusals import RefusalCode, Refused

ANSWER_BY_ID = Lookup.on(ANSWERS)
AUDIT = Table.of(AuditEntry)

Steps = Generator[Statement, list[list[Row]], list["Result"]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A command's own code failed; its neighbours are unharmed."""

    error: Exception


Result = Answered | Refused | Fault
"""What became of one command of a group."""


def post_group(engine: Engine, commands: Sequence[Command], clock: Clock, new_id: NewId) -> Steps:
    """Lock, read, decide and write a group; the caller begins and commits the transaction.

    Anything that is raised here ends the whole group, and nothing of it is kept.

    Returns:
        A result for each command, in order.
    """
    shelf = Shelf()
    yield from _lock(engine, commands, shelf)
    now = clock()  # after the locks: who waited for them decides by the present
    answers = yield from _read(engine, commands, shelf)
    results: list[Result] = []
    portion = _portion(engine, commands)
    for begun in range(0, len(commands), portion):
        for command in commands[begun : begun + portion]:
            kept = answers.get(command.key.id)
            if kept is not None:
                results.append(_again(command, kept))
            else:
                results.append(_decide(command, shelf, answers, now, new_id))
        for statement in engine.write(shelf.take_writes()):  # noqa: UP028 - a list takes no rows
            yield statement
    return results


def _portion(engine: Engine, commands: Sequence[Command]) -> int:
    """Return how many commands are decided before what they decided is written.

    Those that lock no wallet meet others of their key in the table of answers alone. Were they not
    inserted in one order by one statement, two desks could wait for each other.
    """
    if engine.portion is None or not all(command.wallets for command in commands):
        return len(commands)
    return engine.portion


def _lock(
    engine: Engine, commands: Sequence[Command], shelf: Shelf
) -> Generator[Statement, list[list[Row]], None]:
    wanted = _locks(commands)
    found = []
    for statement in engine.lock(wanted):
        found += yield statement
    for locks, rows in zip(wanted, found, strict=True):
        if locks.table is WALLETS:
            shelf.wallets = {row["id"]: Wallet.of(row) for row in rows}
        else:
            shelf.learn(Lookup.on(locks.table), [(row_id,) for row_id in locks.ids], rows)


def _locks(commands: Sequence[Command]) -> list[Locks]:
    """Return what a group locks: the wallets, then the shared rows by table name; each by id.

    A table's rows have one strength: two statements of different strength could deadlock with
    another group's two.
    """
    wallet_ids = sorted({wallet_id for command in commands for wallet_id in command.wallets})
    wanted: dict[Table, dict[UUID, bool]] = {}
    for command in commands:
        for lock in command.locks:
            ids = wanted.setdefault(lock.table, {})
            ids[lock.id] = ids.get(lock.id, False) or lock.exclusive
    shared = [
        Locks(table, sorted(wanted[table]), any(wanted[table].values()))
        for table in sorted(wanted, key=lambda table: table.name)
    ]
    return [Locks(WALLETS, wallet_ids, exclusive=True), *shared] if wallet_ids else shared


def find_stuck(
    engine: Engine, commands: Sequence[Command]
) -> Generator[Statement, list[list[Row]], set[int]]:
    """Find the commands that somebody else's lock holds up now.

    Returns:
        Their places among the commands.
    """
    held: set[tuple[Table, UUID]] = set()
    for locks in _locks(commands):
        table = locks.table
        (free,) = yield engine.free(locks)
        by_id = {Lookup.on(table): [(row_id,) for row_id in locks.ids]}
        (reading,) = engine.read(by_id)
        (there,) = yield reading
        held |= {(table, row["id"]) for row in there} - {(table, row["id"]) for row in free}
    return {
        place
        for place, command in enumerate(commands)
        if any((WALLETS, wallet_id) in held for wallet_id in command.wallets)
        or any((lock.table, lock.id) in held for lock in command.locks)
    }


def _read(
    engine: Engine, commands: Sequence[Command], shelf: Shelf
) -> Generator[Statement, list[list[Row]], dict[UUID, Row]]:
    """Put the facts on the shelf, and return the answers that were given before."""
    wanted: dict[Lookup, dict[tuple[Any, ...], None]] = {
        ANSWER_BY_ID: {(command.key.id,): None for command in commands}
    }
    for command in commands:
        for lookup, key in command.facts:
            wanted.setdefault(lookup, {})[key] = None
    found = []
    for statement in engine.read(wanted):
        found += yield statement
    for (lookup, keys), rows in zip(wanted.items(), found, strict=True):
        if lookup is not ANSWER_BY_ID:
            shelf.learn(lookup, keys, rows)
    return {row["id"]: row for row in found[0]}


def _decide(
    command: Command, shelf: Shelf, answers: dict[UUID, Row], now: datetime, new_id: NewId
) -> Result:
    """Decide a command, and put its changes and its answer on the shelf together, or neither."""
    books = Books(shelf, now, new_id, command.wallets)
    try:
        try:
            content: dict[str, Any] = {"answered": command.decide(books)}
        except Refused as refused:
            books = Books(shelf, now, new_id, ())  # what it did so far is thrown away
            refusal = refused.refusal
            content = {"refused": refusal.code, "path": refusal.path, "details": refusal.details}
        row = _answer_row(command, content, now)
        audited = _audit_row(command, content, books)
        result = _given(row, replayed=False)
    except Exception as error:  # noqa: BLE001 - one command's bug must not fail its neighbours
        return Fault(error)
    # Outside of the try: were this to fail half way, the whole group would have to.
    books.keep()
    answers[command.key.id] = row
    shelf.insert(ANSWERS, [row])
    if audited is not None:
        # A later command of the group may count how often something was tried.
        shelf.insert(AUDIT, [audited])
    return result


def _answer_row(command: Command, content: dict[str, Any], now: datetime) -> Row:
    key = command.key
    return {
        "id": key.id,
        "principal": key.principal,
        "operation": key.operation,
        "key": key.value,
        "arguments": key.arguments,
        "body": as_json(content),
        "at": now,
    }


def _audit_row(command: Command, content: dict[str, Any], books: Books) -> Row | None:
    if command.audit is None:
        return None
    refused = content.get("refused")
    return {
        "id": books.new_id(),
        "principal": command.key.principal,
        "action": command.key.operation,
        "object_id": command.audit.object_id,
        "outcome": AuditOutcome.ALLOWED if refused is None else AuditOutcome.REFUSED,
        "code": refused,
        "reason": command.audit.reason,
        "changes": as_json(books.noted) if books.noted else None,
        "at": books.now,
    }


def _given(row: Row, *, replayed: bool) -> Answered | Refused:
    """Give an answer as it is kept: the first time is read back too, so that no replay differs."""
    content = orjson.loads(row["body"])
    if "answered" in content:
        return Answered(content["answered"], replayed=replayed)
    code, path = RefusalCode(content["refused"]), content["path"]
    return Refused(code, *path, replayed=replayed, **content["details"])


def _again(command: Command, kept: Row) -> Answered | Refused:
    if kept["arguments"] != command.key.arguments:
        return Refused(RefusalCode.KEY_REUSED, "idempotencyKey")
    return _given(kept, replayed=True)
