"""Ending holds whose time is over: a worker's verb."""

import asyncio
from uuid import UUID

import structlog

from models import Hold
from models.kinds import HoldState
from services.actors import SYSTEM
from services.ledger.books import Books
from services.ledger.command import Body, Command, Fact, Key
from services.ledger.desk import DeskUnavailable
from services.ledger.holds import HOLDS, is_due
from services.ledger.means import Means

BATCH = 200

log = structlog.get_logger(__name__)


class NotDueError(Exception):
    """A hold is not over yet by the desk's clock, which went back meanwhile.

    No answer is kept under the hold's key, so that it can still expire later.
    """


async def expire_holds(house: Means) -> int:
    """End every hold that is past its expiry, and return how many were ended now.

    May be called by several workers at once, and again after one has died.
    """
    ended = 0
    after: tuple[UUID, ...] = ()
    while True:
        due = Hold.filter(state=HoldState.PLACED, expires_at__lte=house.clock())
        if after:
            due = due.filter(id__gt=after[0])
        holds = await due.order_by("id").limit(BATCH)
        outcomes = await asyncio.gather(
            *(_expire(house, hold.id, hold.wallet_id) for hold in holds), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, (NotDueError, DeskUnavailable)):
                log.warning("hold not ended yet", error=type(outcome).__name__)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                ended += outcome
        if len(holds) < BATCH:
            return ended
        after = (holds[-1].id,)


async def _expire(house: Means, hold_id: UUID, wallet_id: UUID) -> bool:
    def decide(books: Books) -> Body:
        hold = books.one(HOLDS, hold_id)
        # Found without the lock: meanwhile it may have been captured or released.
        if hold is None or hold["state"] != HoldState.PLACED:
            return {"hold": hold, "expired": False}
        if not is_due(books, hold):
            raise NotDueError
        hold = books.let_go(hold, hold["remaining_minor"], HoldState.EXPIRED)
        return {"hold": hold, "expired": True}

    answered = await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "expireHold", str(hold_id), {}),
            decide=decide,
            wallets=(wallet_id,),
            facts=(Fact(HOLDS, (hold_id,)),),
        )
    )
    return bool(answered.body["expired"]) and not answered.replayed
