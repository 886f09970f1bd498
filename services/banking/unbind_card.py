"""Letting go of a bound bank card."""

from uuid import UUID

from models.kinds import EventKind
from services import audiences
from services.actors import Actor
from services.banking.cards import CARDS, own_card, shown_card
from services.banking.instructions import ON_CARD
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.refusals import RefusalCode, Refused


async def unbind_card(house: House, actor: Actor, key: str, card_id: UUID) -> Answered:
    """Unbind a card of the caller's own: its number and name are forgotten.

    Returns:
        ``card`` (what is left to show of it).

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``STEP_UP_REQUIRED``, ``NOT_FOUND``, ``CARD_IN_USE`` (money is on its way).
    """
    customer_id = actor.customer_id()
    actor.require_step_up(house.clock())

    def decide(books: Books) -> Body:
        card = own_card(books, card_id, customer_id)
        if any(row["ask_at"] is not None for row in books.all(ON_CARD, card_id)):
            raise Refused(RefusalCode.CARD_IN_USE, "cardId")
        books.update(
            CARDS.table,
            card_id,
            number_sealed=None,
            holder_sealed=None,
            fingerprint=None,
            unbound_at=books.now,
        )
        body: Body = {"card": shown_card(card) | {"unbound_at": books.now}}
        books.tell(EventKind.CARD_UNBOUND, body, audiences.customer(customer_id))
        return body

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "unbindCard", key, {"card_id": card_id}),
            decide=decide,
            locks=(RowLock(CARDS.table, card_id, exclusive=True),),
            facts=(Fact(ON_CARD, (card_id,)),),
            audit=Audit(card_id),
        )
    )
