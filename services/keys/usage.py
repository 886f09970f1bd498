"""Which keys the kept texts were sealed with: what a key that goes away would take along."""

from collections.abc import Sequence

from services.keys.sealed_columns import SEALED_COLUMNS, SealedColumn


async def key_usage(columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> dict[str, int]:
    """Return how many texts each key has sealed, by key id: keys that are lost too."""
    used: dict[str, int] = {}
    for column in columns:
        seen: list[str] = []
        # The keys are few and the texts are many: each look finds a key that was not known yet.
        while (key_id := await _another_key(column, seen)) is not None:
            seen.append(key_id)
            used[key_id] = used.get(key_id, 0) + await column.sealed_with(key_id).count()
    return used


async def _another_key(column: SealedColumn, but: Sequence[str]) -> str | None:
    sealed = await column.sealed_otherwise(*but).limit(1).values_list(column.name, flat=True)
    return str(sealed[0]).split(".")[1] if sealed else None
