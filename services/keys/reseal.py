"""Sealing everything anew with the key that seals now, while Coffer runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.keys.sealed_columns import SEALED_COLUMNS, SealedColumn
from services.vault import CannotOpen, Vault

BATCH = 200

Progress = Callable[[str, int], None]
"""Is told the table and how many of its texts have been sealed anew."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many texts were sealed anew, and how many could not be opened and stay as they are."""

    resealed: int
    unreadable: int


async def reseal(
    vault: Vault,
    *,
    columns: Sequence[SealedColumn] = SEALED_COLUMNS,
    progress: Progress = lambda _table, _done: None,
) -> Resealed:
    """Seal every text anew that another key has sealed, on the command line's behalf.

    A text is replaced only where it still is what was read, so a change that comes in between
    stands. Each text is a step of its own: after an interruption, begin again.
    """
    resealed = unreadable = 0
    for column in columns:
        done, failed = await _reseal_column(vault, column, progress)
        resealed, unreadable = resealed + done, unreadable + failed
    return Resealed(resealed, unreadable)


async def _reseal_column(vault: Vault, column: SealedColumn, progress: Progress) -> tuple[int, int]:
    table = str(column.model._meta.db_table)  # noqa: SLF001 - documented introspection
    waiting = column.sealed_otherwise(vault.keyring.sealing_id).order_by("id").limit(BATCH)
    done = failed = 0
    rows = await waiting.values_list("id", column.name)
    while rows:
        for row_id, sealed in rows:
            try:
                done += await sealed_anew(vault, column, row_id, sealed)
            except CannotOpen:
                failed += 1
        progress(table, done)
        rows = await waiting.filter(id__gt=rows[-1][0]).values_list("id", column.name)
    return done, failed


async def sealed_anew(vault: Vault, column: SealedColumn, row_id: object, sealed: str) -> int:
    """Seal one text anew, unless it has changed since it was read; return how many were.

    Raises:
        CannotOpen: Its key is missing.
    """
    text = vault.open(column.purpose, sealed)
    unchanged = column.model.filter(**{"id": row_id, column.name: sealed})
    return await unchanged.update(**{column.name: vault.seal(column.purpose, text)})
