"""The ledger of a span of time as text that anybody can add up, for ever the same.

It is lines of JSON: what it is; each wallet with where it stood, its lines, and where it stood in
the end; each entry with its lines again; and the SHA-256 of all that came before
(``docs/decisions/0019-what-grows.md``). Lines and entries never change, so the same span gives the
same bytes whenever it is read, and from either engine.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from models import Entry, Line, Wallet
from models.engines import Row, Snapshot, Table, open_engine
from models.kinds import Permission
from services.actors import Actor
from services.ledger.means import Means
from services.ledger.rows import Progress, Rows, silent

FORMAT = "coffer-ledger-1"

WALLETS = Table.of(Wallet)
LINES = Table.of(Line)
ENTRIES = Table.of(Entry)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """What is archived: from the ledger's beginning, or a moment, to before another."""

    before: datetime
    begun: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return moment < self.before and not self.is_after(moment)

    def is_after(self, moment: datetime) -> bool:
        """Whether it begins after a moment."""
        return self.begun is not None and moment < self.begun


async def archive(
    ledger: Means | str, actor: Actor, span: Span, progress: Progress = silent
) -> AsyncGenerator[bytes, None]:
    """Yield the lines of an archive, for who sees the ledger; nothing is removed.

    It sees one moment of the database while the desk goes on writing. The span should have ended
    a while ago: what is under way may still get a date before the present.

    Args:
        ledger: The house, or a database URL.
        actor: Who asks.
        span: What is archived.
        progress: Called with what is being read and the number of rows so far.

    Raises:
        NotAllowed: The caller may not see the ledger.
        ConnectionLost: The database cannot be reached.
    """
    actor.require(Permission.SEE_LEDGER)
    engine = open_engine(ledger) if isinstance(ledger, str) else ledger.desk.engine
    seal = hashlib.sha256()
    async with engine.snapshot() as snapshot:
        async for record in _records(snapshot, span, progress):
            line = as_line(record)
            seal.update(line)
            yield line
    yield as_line({"sha256": seal.hexdigest()})


def as_line(record: Record) -> bytes:
    """Return a record as it stands in an archive."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


async def _records(snapshot: Snapshot, span: Span, progress: Progress) -> AsyncIterator[Record]:
    yield {"archive": FORMAT, "begun": _text(span.begun), "before": _text(span.before)}
    wallets = Rows(snapshot, WALLETS, "id", progress=progress, what="wallets")
    lines = Rows(snapshot, LINES, "wallet_id", "number", progress=progress, what="lines")
    await wallets.advance()
    await lines.advance()
    while (wallet := wallets.next) is not None:
        await lines.skip_to("wallet_id", wallet["id"])
        async for record in _of_wallet(wallet, lines, span):
            yield record
        await wallets.advance()
    entries = Rows(snapshot, ENTRIES, "id", progress=progress, what="entries")
    lines = Rows(snapshot, LINES, "entry_id", "id", progress=progress, what="lines of entries")
    await entries.advance()
    await lines.advance()
    while (entry := entries.next) is not None:
        await lines.skip_to("entry_id", entry["id"])
        moves = [_move(line) async for line in lines.of("entry_id", entry["id"])]
        if span.holds(entry["at"]):
            yield {
                "entry": str(entry["id"]),
                "kind": entry["kind"],
                "at": _text(entry["at"]),
                "reverses": None if entry["reverses_id"] is None else str(entry["reverses_id"]),
                "reason": entry["reason"],
                "lines": moves,
            }
        await entries.advance()


def _move(line: Row) -> list[Any]:
    return [str(line["wallet_id"]), line["number"], line["amount_minor"], line["currency"]]


async def _of_wallet(wallet: Row, lines: Rows, span: Span) -> AsyncIterator[Record]:
    """Yield a wallet that has lines before the end: how it stood, those of the span, the end."""
    begun = False
    standing: Record = {"number": 0, "balance_minor": 0}
    async for line in lines.of("wallet_id", wallet["id"]):
        if line["at"] >= span.before:
            continue
        if not span.is_after(line["at"]):
            if not begun:
                begun = True
                yield _heading(wallet, standing)
            yield {
                "line": line["number"],
                "entry": str(line["entry_id"]),
                "amount_minor": line["amount_minor"],
                "balance_after_minor": line["balance_after_minor"],
                "currency": line["currency"],
                "at": _text(line["at"]),
            }
        standing = {"number": line["number"], "balance_minor": line["balance_after_minor"]}
    if standing["number"]:
        if not begun:
            yield _heading(wallet, standing)
        yield {"closed": str(wallet["id"]), **standing}


def _heading(wallet: Row, standing: Record) -> Record:
    return {
        "wallet": str(wallet["id"]),
        "kind": wallet["kind"],
        "currency": wallet["currency"],
        "owner": None if wallet["owner_id"] is None else str(wallet["owner_id"]),
        **standing,
    }
