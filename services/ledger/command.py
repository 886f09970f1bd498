"""A command: money's movement as data, decided later under the locks."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import orjson

from models.engines import Lookup, Table
from models.ids import id_of, text_of

if TYPE_CHECKING:
    from services.ledger.books import Books

Body = dict[str, Any]
"""An answer's content: JSON values, UUIDs and datetimes, complete enough to answer a replay."""

Decide = Callable[["Books"], Body]
"""Decides a command in memory: moves money and writes rows on the books, or raises ``Refused``."""


def as_json(content: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Return an answer's or an event's content as JSON text."""
    return orjson.dumps(content, default=text_of).decode()


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key: unique for principal and operation.

    ``arguments`` is a fingerprint of what was asked, ``id`` of the other three.
    """

    principal: str
    operation: str
    value: str
    arguments: UUID
    id: UUID

    @staticmethod
    def of(principal: str, operation: str, value: str, arguments: object) -> "Key":
        """Return the key of an operation that a principal asks for with these arguments.

        The arguments are a mapping or the dataclass of the request, whatever JSON can say of it.
        """
        plain = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS, default=str)
        name = f"{principal}\n{operation}\n{value}".encode()
        return Key(
            principal=principal,
            operation=operation,
            value=value,
            arguments=id_of(hashlib.sha256(plain).digest()[:16]),
            id=id_of(hashlib.sha256(name).digest()[:16]),
        )


class RowLock(NamedTuple):
    """A row that is locked after the wallets: shared by those who rely on it, or exclusive."""

    table: Table
    id: UUID
    exclusive: bool = False


class Fact(NamedTuple):
    """Rows that the decision needs, read in a statement of their own after the locks."""

    lookup: Lookup
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit log says of a sensitive command, beside its key: about what, and why."""

    object_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What the desk is asked to do.

    Attributes:
        key: Under which the answer is kept.
        decide: Pure but for the books it is handed: no I/O, no clock, no randomness of its own.
        wallets: Every wallet that may be touched; locked in id order.
        locks: Rows that many share (a draw), locked after the wallets.
        facts: What ``decide`` may look up on the books.
        audit: Given for a sensitive command: its answer or refusal is written to the audit log.
    """

    key: Key
    decide: Decide
    wallets: tuple[UUID, ...] = ()
    locks: tuple[RowLock, ...] = ()
    facts: tuple[Fact, ...] = ()
    audit: Audit | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a command that was not refused; ``replayed`` when it was given before."""

    body: Body
    replayed: bool = False
