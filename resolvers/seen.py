"""What one caller sees, read by queries built once for all callers with the same rights."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from models.engines import Row
from models.prepared import Given, rows_of
from resolvers.visible import Rows
from services.actors import Actor

_NOBODYS_ID = UUID(int=0)

Narrow = Callable[[QuerySet[Any], Sequence[Any]], QuerySet[Any]]
"""Limits what is seen to what is asked for, by the values given."""


async def seen_rows(
    name: Hashable,
    actor: Actor,
    seen: Callable[[Actor], Rows],
    narrow: Narrow,
    given: Sequence[Given],
) -> list[Row]:
    """Return the rows that a caller sees of those asked for.

    Args:
        name: Tells these queries from all others.
        actor: The caller, of whom only the id differs among those with the same rights.
        seen: Returns all that a caller sees.
        narrow: Limits it to what is asked for.
        given: The values of its conditions.
    """

    def build(stand_ins: Sequence[Any]) -> Rows:
        # Not the caller: nothing but these rights may get into what others ask with.
        anybody = Actor(
            actor.kind,
            stand_ins[0],
            actor.partner_kind,
            permissions=actor.permissions,
            scopes=actor.scopes,
        )
        query = seen(anybody)
        return None if query is None else narrow(query, stand_ins[1:])

    rights = (actor.kind, actor.partner_kind, actor.permissions, actor.scopes)
    return await rows_of((name, rights), build, [actor.id or _NOBODYS_ID, *given])
