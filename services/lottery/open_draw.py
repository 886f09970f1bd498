"""A lottery centre begins to sell a draw."""

from dataclasses import dataclass
from datetime import datetime

from models import Draw
from models.engines import Lookup, Row
from models.kinds import ApiKeyScope, DrawState, EventKind, PartnerKind
from services import audiences
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Fact, Key
from services.partners.standing import PARTNERS, check_active
from services.refusals import RefusalCode, Refused

CODES = Lookup.of(Draw, "centre_id", "game", "code")


@dataclass(frozen=True, slots=True)
class OpenDraw:
    """A draw as its centre announces it; ``code`` is unique within the centre's game."""

    key: str
    game: str
    code: str
    sales_close_at: datetime
    currency: str


async def open_draw(house: House, actor: Actor, order: OpenDraw) -> Answered:
    """Open a draw for sale until ``sales_close_at``, and tell every partner.

    Returns:
        ``draw`` (its row).

    Raises:
        NotAllowed: The caller is no lottery centre.
        Refused: ``PARTNER_SUSPENDED``, ``CURRENCY_MISMATCH`` (the pool's is another),
            ``DRAW_EXISTS``, ``DRAW_CLOSED`` (the end of sales is past).
    """
    centre_id = actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.DRAW)

    def decide(books: Books) -> Body:
        check_active(books, centre_id)
        if books.wallet(centre_id).currency != order.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, "currency")
        if books.one(CODES, centre_id, order.game, order.code) is not None:
            raise Refused(RefusalCode.DRAW_EXISTS, "code")
        if order.sales_close_at <= books.now:
            raise Refused(RefusalCode.DRAW_CLOSED, "salesCloseAt")
        draw: Row = {
            "id": books.new_id(),
            "centre_id": centre_id,
            "game": order.game,
            "code": order.code,
            "currency": order.currency,
            "state": DrawState.OPEN,
            "opened_at": books.now,
            "sales_close_at": order.sales_close_at,
            "claims_close_at": None,
        }
        books.insert(CODES.table, draw)
        body: Body = {"draw": draw}
        books.tell(EventKind.DRAW_OPENED, body, audiences.DRAWS)
        return body

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "openDraw", order.key, order),
            decide=decide,
            wallets=(centre_id,),
            facts=(
                Fact(PARTNERS, (centre_id,)),
                Fact(CODES, (centre_id, order.game, order.code)),
            ),
        )
    )
