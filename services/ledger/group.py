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

from models import Answer
from models.engines import Engine, Lookup, Row, Statement, Table
from services.clock import NewId
from services.ledger.books import WALLETS, Books, Shelf, Wallet
from services.ledger.command import Answered, Command
from services.refusals import Refusal, RefusalCode, Refused

ANSWERS = Table.of(Answer)
ANSWER_BY_ID = Lookup(ANSWERS)

Steps = Generator[Statement, list[Row], list["Result"]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A command's own code failed; its neighbours are unharmed."""

    error: Exception


Result = Answered | Refused | Fault
"""What became of one command of a group."""


def post_group(
    engine: Engine, commands: Sequence[Command], now: datetime, new_id: NewId
) -> Steps:
    """Lock, read, decide and write a group; the caller begins and commits the transaction.

    Returns:
        A result for each command, in order.
    """
    shelf = Shelf()
    wallet_ids = sorted({wallet_id for command in commands for wallet_id in command.wallets})
    if wallet_ids:
        rows = yield engine.lock(WALLETS, wallet_ids, exclusive=True)
        shelf.wallets = {row["id"]: Wallet.of(row) for row in rows}
    yield from _lock_rows(engine, commands, shelf)
    rows = yield engine.select(ANSWER_BY_ID, [(command.key.id,) for command in commands])
    answers: dict[UUID, Row] = {row["id"]: row for row in rows}
    fresh = [command for command in commands if command.key.id not in answers]
    yield from _read_facts(engine, fresh, shelf)
    results: list[Result] = []
    for command in commands:
        kept = answers.get(command.key.id)
        if kept is not None:
            results.append(_again(command, kept))
        else:
            result = _decide(command, shelf, now, new_id)
            if not isinstance(result, Fault):
                answers[command.key.id] = row = _answer_row(command, result, now)
                shelf.inserts.setdefault(ANSWERS, []).append(row)
                result = _first(result, row)
            results.append(result)
    for statement in engine.write(shelf.writes()):
        yield statement
    return results


def _lock_rows(
    engine: Engine, commands: Sequence[Command], shelf: Shelf
) -> Generator[Statement, list[Row], None]:
    wanted: dict[Table, dict[UUID, bool]] = {}
    for command in commands:
        for lock in command.locks:
            ids = wanted.setdefault(lock.table, {})
            ids[lock.id] = ids.get(lock.id, False) or lock.exclusive
    for table in sorted(wanted, key=lambda table: table.name):
        ids = wanted[table]
        # One strength for the whole table: two statements could deadlock with another group's two.
        rows = yield engine.lock(table, sorted(ids), exclusive=any(ids.values()))
        shelf.learn(Lookup(table), [(row_id,) for row_id in ids], rows)


def _read_facts(
    engine: Engine, commands: Sequence[Command], shelf: Shelf
) -> Generator[Statement, list[Row], None]:
    wanted: dict[Lookup, dict[tuple[Any, ...], None]] = {}
    for command in commands:
        for fact in command.facts:
            wanted.setdefault(fact.lookup, {})[fact.key] = None
    for lookup, keys in wanted.items():
        rows = yield engine.select(lookup, keys)
        shelf.learn(lookup, keys, rows)


def _decide(command: Command, shelf: Shelf, now: datetime, new_id: NewId) -> Answered | Refused | Fault:
    books = Books(shelf, now, new_id, frozenset(command.wallets))
    try:
        body = command.decide(books)
        books.keep()
    except Refused as refused:
        return refused
    except Exception as error:  # noqa: BLE001 - one command's bug must not fail its neighbours
        return Fault(error)
    return Answered(body)


def _answer_row(command: Command, result: Answered | Refused, now: datetime) -> Row:
    if isinstance(result, Answered):
        body: dict[str, Any] = {"answered": result.body}
    else:
        refusal = result.refusal
        body = {"refused": refusal.code, "path": refusal.path, "details": refusal.details}
    key = command.key
    return {
        "id": key.id,
        "principal": key.principal,
        "operation": key.operation,
        "key": key.value,
        "arguments": key.arguments,
        "body": orjson.dumps(body).decode(),
        "at": now,
    }


def _first(result: Answered | Refused, row: Row) -> Answered | Refused:
    """Give the first answer as a replay will give it: read back from what is kept."""
    if isinstance(result, Refused):
        return result
    return Answered(orjson.loads(row["body"])["answered"])


def _again(command: Command, kept: Row) -> Answered | Refused:
    if kept["arguments"] != command.key.arguments:
        return Refused(RefusalCode.KEY_REUSED, "idempotencyKey")
    body = orjson.loads(kept["body"])
    if "answered" in body:
        return Answered(body["answered"], replayed=True)
    refusal = Refusal(RefusalCode(body["refused"]), tuple(body["path"]), body["details"])
    return Refused(refusal.code, *refusal.path, replayed=True, **refusal.details)
