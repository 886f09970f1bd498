"""Indexes that hold the rows that matter, and not the many that do not."""

from typing import Any

from tortoise.indexes import Index


class PresentIndex(Index):
    """An index of the rows in which a column is not null; what compares the column can use it.

    Most rows cost it nothing, neither when they are written nor on the disk.

    Args:
        fields: The columns, in order.
        name: The index's name.
        present: The column.
    """

    def __init__(self, *, fields: tuple[str, ...] | list[str], name: str, present: str) -> None:
        super().__init__(fields=fields, name=name)
        self.present = present
        self.extra = f' WHERE "{present}" IS NOT NULL'

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how a migration writes it down."""
        path, args, named = super().deconstruct()
        return path, args, {**named, "present": self.present}
