"""A lottery centre ends the sale of a draw."""

from uuid import UUID

from models.kinds import ApiKeyScope, DrawState, EventKind, PartnerKind
from services import audiences
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key, RowLock
from services.lottery.lookups import DRAWS
from services.lottery.ownership import own_draw
from services.refusals import RefusalCode, Refused


async def close_draw(house: House, actor: Actor, key: str, draw_id: UUID) -> Answered:
    """Close a draw: no purchase decided after this sells a ticket of it, and none is given back.

    A suspended centre may close what it opened.

    Returns:
        ``draw`` (its row).

    Raises:
        NotAllowed: The caller is no lottery centre.
        Refused: ``NOT_FOUND``, ``DRAW_CLOSED`` (it is), ``DRAW_PUBLISHED``.
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.DRAW)

    def decide(books: Books) -> Body:
        draw = own_draw(books, draw_id, centre_id)
        if draw["state"] == DrawState.PUBLISHED:
            raise Refused(RefusalCode.DRAW_PUBLISHED, "drawId")
        if draw["state"] != DrawState.OPEN:
            raise Refused(RefusalCode.DRAW_CLOSED, "drawId")
        books.update(DRAWS.table, draw_id, state=DrawState.CLOSED)
        body: Body = {"draw": draw | {"state": DrawState.CLOSED}}
        books.tell(EventKind.DRAW_CLOSED, body, audiences.DRAWS)
        return body

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "closeDraw", key, {"draw_id": draw_id}),
            decide=decide,
            locks=(RowLock(DRAWS.table, draw_id, exclusive=True),),
        )
    )
