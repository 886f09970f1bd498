"""The entrusted operator has a whole draw paid (L22)."""

from uuid import UUID

from models import Draw, WinningTicket
from models.engines import Row
from models.kinds import DrawState, Permission, RunState
from services.actors import Actor, not_found
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key, RowLock
from services.lottery.lookups import DRAWS, PAYOUT_RUNS, RUNS_OF_DRAW
from services.refusals import RefusalCode, Refused


async def pay_draw(house: House, actor: Actor, key: str, draw_id: UUID) -> Answered:
    """Start paying every winning ticket of a draw; workers do it (``run_payouts``).

    While a run is on, asking again answers with that run. A later run pays what an earlier one
    could not.

    Returns:
        ``payout_run`` (its row): of all ``total`` winning tickets of the draw, how many the run
        has found or made ``paid``, and how many it was ``refused``.

    Raises:
        NotAllowed: The caller may not pay prizes.
        Refused: ``NOT_FOUND``, ``DRAW_NOT_PUBLISHED``.
    """
    actor.require(Permission.PAY_PRIZES)
    # A published draw gets no more winning tickets, so they may be counted before the lock.
    countable = await Draw.exists(id=draw_id, state=DrawState.PUBLISHED)
    total = await WinningTicket.filter(draw_id=draw_id).count()

    def decide(books: Books) -> Body:
        draw = books.one(DRAWS, draw_id)
        if draw is None:
            raise not_found("drawId")
        if not countable or draw["state"] != DrawState.PUBLISHED:
            raise Refused(RefusalCode.DRAW_NOT_PUBLISHED, "drawId")
        for run in books.all(RUNS_OF_DRAW, draw_id):
            if run["state"] == RunState.RUNNING:
                return {"payout_run": run}
        new: Row = {
            "id": books.new_id(),
            "draw_id": draw_id,
            "state": RunState.RUNNING,
            "total": total,
            "paid": 0,
            "refused": 0,
            "after_id": None,
            "lease_until": None,
            "started_at": books.now,
            "finished_at": None,
        }
        books.insert(PAYOUT_RUNS.table, new)
        return {"payout_run": new}

    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, "payDraw", key, {"draw_id": draw_id}),
            decide=decide,
            # Exclusive, so that of two that ask at once the second finds the first one's run.
            locks=(RowLock(DRAWS.table, draw_id, exclusive=True),),
            facts=(Fact(RUNS_OF_DRAW, (draw_id,)),),
            audit=Audit(draw_id),
        )
    )
