"""Whether people of the house may still do what they could, asked at every event they are told.

An event reaches thousands of them in the same moment, so they are asked about together.
"""

from uuid import UUID

from models.kinds import Permission
from services.actors import Actor
from services.staff.permissions import permissions_of_all
from services.together import Together


class StillMay:
    """One process's questions."""

    def __init__(self) -> None:
        self._looks: Together[UUID, dict[UUID, frozenset[Permission]]] = Together(
            permissions_of_all
        )

    async def __call__(self, actor: Actor) -> bool:
        """Tell whether a person of the house may still do what they could when they were let in."""
        if actor.id is None:
            return False
        may = await self._looks.ask(actor.id)
        return may.get(actor.id) == actor.permissions
