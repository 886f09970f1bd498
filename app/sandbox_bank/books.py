"""The bank's own books, in an SQLite file: the fund keeper's account, instructions, callbacks."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.sandbox_bank.plan import Chance, Plan

SCHEMA = """
    CREATE TABLE IF NOT EXISTS instruction (
        id TEXT PRIMARY KEY, content TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
        currency TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, reference TEXT NOT NULL,
        refused TEXT, due_at REAL, back_at REAL);
    CREATE TABLE IF NOT EXISTS line (
        position INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
        instruction_id TEXT, reason TEXT, remittance TEXT NOT NULL, at REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS callback (
        id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, due_at REAL NOT NULL,
        tries INTEGER NOT NULL, forged INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
REFUSED_CARDS = {"4000000000000002": "the card is blocked"}
"""Cards that this bank never honours, whatever its plan."""
NO_COVER = "no cover"
LONGEST_PAUSE_S = 60.0


class Conflict(Exception):
    """An instruction's id was used for another one."""


@dataclass(frozen=True, slots=True)
class Callback:
    """What is to be told, and how often that was tried."""

    id: int
    body: str
    tries: int
    forged: bool


class Books:
    """The bank's books. Everything that happens in them is durable before anybody is told.

    Args:
        path: The file.
        time_s: The present, in seconds.
    """

    def __init__(self, path: Path, time_s: Callable[[], float]) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(SCHEMA)
        self._time_s = time_s

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def plan(self) -> Plan:
        """How the bank behaves."""
        return Plan.of(json.loads(self._setting("plan", "{}")))

    def behave(self, content: dict[str, Any]) -> None:
        """Behave by another plan from now on.

        Raises:
            ValueError: It is none.
        """
        Plan.of(content)
        with self._transaction():
            self._set("plan", json.dumps(content))
            self._set("number", "0")

    @property
    def now_s(self) -> float:
        """The bank's own present."""
        return self._time_s() + float(self._setting("ahead_s", "0"))

    def advance(self, seconds: float) -> None:
        """Move the bank's clock on."""
        self._set("ahead_s", str(float(self._setting("ahead_s", "0")) + seconds))

    def chance(self, *of: str) -> Chance:
        """Return what happens next.

        Args:
            of: What alone could happen here, where it is little. A question that the plan lets
                nothing happen to uses up none of its faults, whenever somebody asks it.
        """
        if of and not any(getattr(self.plan, name) for name in of):
            return Chance(Plan(), 0)
        number = int(self._setting("number", "0"))
        self._set("number", str(number + 1))
        return Chance(self.plan, number)

    def status(self, instruction_id: str) -> dict[str, Any] | None:
        """Return how an instruction stands, or None where it was never heard of."""
        row = self._one("SELECT * FROM instruction WHERE id = ?", instruction_id)
        return (
            None if row is None else {name: row[name] for name in ("state", "reference", "reason")}
        )

    def take(self, order: dict[str, Any]) -> dict[str, Any]:
        """Write an instruction down, once, and return how it stands.

        Raises:
            Conflict: Its id was used for another one.
        """
        known = self._one("SELECT * FROM instruction WHERE id = ?", order["id"])
        card = order.get("card") or {}
        content = json.dumps(order | {"card": card.get("number", "")[-4:]}, sort_keys=True)
        if known is not None:
            if known["content"] != content:
                raise Conflict
        else:
            chance = self.chance()
            refused = REFUSED_CARDS.get(card.get("number", "")) or (
                "not today" if chance.happens("refuses") else None
            )
            with self._transaction():
                self._connection.execute(
                    "INSERT INTO instruction VALUES (?,?,?,?,?,'ACCEPTED',NULL,?,?,?,NULL)",
                    (
                        order["id"],
                        content,
                        order["kind"],
                        order["amount_minor"],
                        order["currency"],
                        f"B{uuid.uuid4().hex}",
                        refused,
                        self.now_s + chance.seconds("settles_after_s"),
                    ),
                )
                if not chance.happens("later"):
                    self._decide(order["id"])
        status = self.status(order["id"])
        assert status is not None  # noqa: S101 - just written
        return status

    def pass_time(self) -> int:
        """Do everything that is due by the bank's clock; return how much that was."""
        due = self._all(
            "SELECT id FROM instruction WHERE state = 'ACCEPTED' AND due_at <= ?", self.now_s
        )
        back = self._all("SELECT id FROM instruction WHERE back_at <= ?", self.now_s)
        for row in due:
            with self._transaction():
                self._decide(row["id"])
        for row in back:
            self.bring_back(row["id"], "the account does not exist")
        return len(due) + len(back)

    def bring_back(self, instruction_id: str, reason: str) -> bool:
        """Bring a settled payment back, or take a settled collection back; once."""
        with self._transaction():
            row = self._one("SELECT * FROM instruction WHERE id = ?", instruction_id)
            if row is None or row["state"] != "SETTLED":
                return False
            self._connection.execute(
                "UPDATE instruction SET state = 'RETURNED', reason = ?, back_at = NULL"
                " WHERE id = ?",
                (reason, instruction_id),
            )
            amount = row["amount"] if row["kind"] == "pay" else -row["amount"]
            self._book("RETURNED", amount, row["currency"], row, reason)
        return True

    def receive(self, amount: int, currency: str, remittance: str) -> str:
        """Have money arrive from somebody, and return its reference."""
        with self._transaction():
            return self._book("SETTLED", amount, currency, None, None, remittance)

    def statement(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return the account's next movements."""
        rows = self._all(
            "SELECT * FROM line WHERE position > ? ORDER BY position LIMIT ?", after, limit
        )
        return [
            {
                "position": row["position"],
                "reference": row["reference"],
                "state": row["state"],
                "amount_minor": row["amount"],
                "currency": row["currency"],
                "instruction_id": row["instruction_id"],
                "reason": row["reason"],
                "remittance": row["remittance"],
            }
            for row in rows
        ]

    def balances(self) -> dict[str, int]:
        """Return what the fund keeper has here, by currency."""
        rows = self._all("SELECT currency, sum(amount) AS total FROM line GROUP BY currency")
        return {row["currency"]: row["total"] for row in rows}

    def instructions(self) -> list[dict[str, Any]]:
        """Return every instruction and how it stands."""
        rows = self._all("SELECT id, kind, amount, currency, state FROM instruction ORDER BY rowid")
        return [dict(row) for row in rows]

    def callbacks(self) -> list[Callback]:
        """Return what is to be told by now, in the order in which it is due."""
        rows = self._all("SELECT * FROM callback WHERE due_at <= ? ORDER BY due_at, id", self.now_s)
        return [Callback(row["id"], row["body"], row["tries"], bool(row["forged"])) for row in rows]

    def untold(self) -> int:
        """Return how many callbacks are left to tell, now or later."""
        row = self._one("SELECT count(*) AS left FROM callback")
        return 0 if row is None else int(row["left"])

    def told(self, callback: Callback, *, heard: bool) -> None:
        """Forget a callback that was heard, or that nobody believes; try the others later."""
        if heard or callback.forged:
            self._connection.execute("DELETE FROM callback WHERE id = ?", (callback.id,))
        else:
            pause_s = min(0.1 * 2**callback.tries, LONGEST_PAUSE_S)
            self._connection.execute(
                "UPDATE callback SET tries = tries + 1, due_at = ? WHERE id = ?",
                (self.now_s + pause_s, callback.id),
            )

    def _decide(self, instruction_id: str) -> None:
        """Settle or refuse an instruction that was accepted."""
        row = self._one("SELECT * FROM instruction WHERE id = ?", instruction_id)
        assert row is not None  # noqa: S101 - found before
        chance = self.chance()
        pays = row["kind"] == "pay"
        refused = row["refused"]
        if pays and refused is None and self.balances().get(row["currency"], 0) < row["amount"]:
            refused = NO_COVER
        state: Literal["REFUSED", "SETTLED"] = "SETTLED" if refused is None else "REFUSED"
        comes_back = refused is None and chance.happens("returns" if pays else "takes_back")
        back_at = self.now_s + chance.seconds("returns_after_s") if comes_back else None
        self._connection.execute(
            "UPDATE instruction SET state = ?, reason = ?, back_at = ? WHERE id = ?",
            (state, refused, back_at, instruction_id),
        )
        if refused is not None:
            self._tell("REFUSED", 0, row["currency"], row["reference"], row["id"], refused)
            return
        amount = -row["amount"] if pays else row["amount"]
        self._book("SETTLED", amount, row["currency"], row, None)

    def _book(
        self,
        state: str,
        amount: int,
        currency: str,
        instruction: sqlite3.Row | None,
        reason: str | None,
        remittance: str = "",
    ) -> str:
        """Write a movement of the account down, have it told, and return its reference."""
        reference = f"L{uuid.uuid4().hex}"
        instruction_id = None if instruction is None else instruction["id"]
        self._connection.execute(
            "INSERT INTO line (reference, state, amount, currency, instruction_id, reason,"
            " remittance, at) VALUES (?,?,?,?,?,?,?,?)",
            (reference, state, amount, currency, instruction_id, reason, remittance, self.now_s),
        )
        self._tell(state, amount, currency, reference, instruction_id, reason, remittance)
        return reference

    def _tell(
        self,
        state: str,
        amount: int,
        currency: str,
        reference: str,
        instruction_id: str | None,
        reason: str | None,
        remittance: str = "",
    ) -> None:
        """Put callbacks down: none, one, or several, on time or not, and some that are not ours."""
        chance = self.chance()
        body = {
            "reference": reference,
            "state": state,
            "amount_minor": amount,
            "currency": currency,
            "instruction_id": instruction_id,
            "reason": reason,
            "remittance": remittance,
        }
        copies = [] if chance.happens("forgets") else [(body, False)]
        if chance.happens("repeats"):
            copies += [(body, False), (body, False)]
        if chance.happens("forges"):
            opposite = {"SETTLED": "REFUSED", "REFUSED": "SETTLED", "RETURNED": "SETTLED"}
            copies.append((body | {"state": opposite[state], "reference": "forged"}, True))
            copies.append((body | {"instruction_id": None, "amount_minor": 10**9}, True))
        for copy, forged in copies:
            self._connection.execute(
                "INSERT INTO callback (body, due_at, tries, forged) VALUES (?,?,0,?)",
                (json.dumps(copy), self.now_s + chance.seconds("tells_after_s"), int(forged)),
            )

    def _setting(self, name: str, default: str) -> str:
        row = self._one("SELECT value FROM setting WHERE name = ?", name)
        return default if row is None else str(row["value"])

    def _set(self, name: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?",
            (name, value, value),
        )

    def _one(self, sql: str, *args: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, args).fetchone()
        return row

    def _all(self, sql: str, *args: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, args).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
