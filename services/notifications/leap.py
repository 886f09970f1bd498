"""Going on above every position that anybody can have seen, after a backup was restored."""

from tortoise.connection import get_connection

from models.engines.feed import feed_sql
from services.actors import Actor, ActorKind, NotAllowed
from services.notifications.watermark import drawn

BEYOND = 1_000_000_000
"""More events than can have been lost with what was written after a backup."""


async def leap(actor: Actor) -> int:
    """Have the next event's position be ``BEYOND`` the last one drawn; return what it is above.

    Nobody may write events meanwhile.

    Raises:
        NotAllowed: It is not the house itself.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise NotAllowed(signed_in=actor.kind is not ActorKind.NOBODY)
    connection = get_connection("default")
    last, _ = await drawn()
    for statement in feed_sql(connection.capabilities.dialect).leap:
        await connection.execute_query(statement, [last + BEYOND])
    position, _ = await drawn()
    return position
