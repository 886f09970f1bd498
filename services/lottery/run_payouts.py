"""Paying whole draws, chunk by chunk, whoever dies meanwhile (L22)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from tortoise.expressions import F, Q
from tortoise.queryset import QuerySet

from models import Draw, PayoutRun, WinningTicket
from models.kinds import EventKind, RunState, WinningState
from services import audiences
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key, RowLock
from services.lottery.lookups import DRAWS, PAYOUT_RUNS
from services.lottery.prizes import PrizeOrder, PrizeTerms, prize_payment
from services.refusals import RefusalCode, Refused

CHUNK = 200
"""How many tickets are paid between two notes of the progress."""

LEASE = timedelta(minutes=1)
"""After how long without a note another worker takes over: its own has died, or is stuck."""


async def run_payouts(house: House) -> int:
    """Work on every payout run that no other worker holds, until each is done.

    For workers, as often and as many as they like. Each payment has a key made of run and
    ticket, so a chunk that is done twice, after a crash or by two workers at once, pays and
    counts once; the note of a chunk's progress is compared and set. The key names the run, so
    what one run was refused (for want of money in the pool) a later run may pay.

    Returns:
        How many winning tickets it saw to: found paid, paid, or was refused.
    """
    settled = 0
    for run_id in await _free(house).order_by("started_at").values_list("id", flat=True):
        settled += await _work_on(house, UUID(str(run_id)))
    return settled


async def _work_on(house: House, run_id: UUID) -> int:
    if not await _free(house).filter(id=run_id).update(lease_until=house.clock() + LEASE):
        return 0
    settled = 0
    while True:
        run = await PayoutRun.get(id=run_id)
        draw = await Draw.get(id=run.draw_id)
        chunk = await _next_chunk(run)
        if not chunk:
            await _finish(house, run)
            return settled
        paid = await _pay(house, run, draw, chunk)
        if not await _note(house, run, chunk, paid):
            return settled  # another worker has taken over, and noted this chunk
        settled += len(chunk)


def _free(house: House) -> QuerySet[PayoutRun]:
    """Return the running runs that nobody works on, as the database sees them in one statement."""
    now = house.clock()
    nobody = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    # No lease lasts so long: this one was taken before the clock stepped back.
    nobody |= Q(lease_until__gt=now + 2 * LEASE)
    return PayoutRun.filter(nobody, state=RunState.RUNNING)


async def _next_chunk(run: PayoutRun) -> list[WinningTicket]:
    """Return the next tickets in id order, those that are paid among them.

    They count as well, however they were paid: by an earlier run, by a claim, or by a worker that
    died before it noted it.
    """
    tickets = WinningTicket.filter(draw_id=run.draw_id)
    if run.after_id is not None:
        tickets = tickets.filter(id__gt=run.after_id)
    return await tickets.order_by("id").limit(CHUNK)


async def _pay(house: House, run: PayoutRun, draw: Draw, chunk: Sequence[WinningTicket]) -> int:
    """Pay those of a chunk's tickets that are not, and return how many are paid now.

    Raises:
        DeskUnavailable: Some outcome is unknown; the chunk is to be done again.
    """
    terms = await PrizeTerms.in_force(house.parameters)
    unpaid = [winning for winning in chunk if winning.state == WinningState.UNPAID]
    answers = await asyncio.gather(
        *(house.desk.submit(_command(terms, run, draw, winning)) for winning in unpaid),
        return_exceptions=True,
    )
    paid = len(chunk) - len(unpaid)
    for answer in answers:
        if isinstance(answer, Answered):
            paid += 1
        elif isinstance(answer, Refused):
            # Its player claimed it, or another worker paid it, since the chunk was read.
            paid += answer.refusal.code is RefusalCode.PAID_ALREADY
        else:
            raise answer
    return paid


def _command(terms: PrizeTerms, run: PayoutRun, draw: Draw, winning: WinningTicket) -> Command:
    key = Key.of(SYSTEM.principal, "payout", f"{run.id}/{winning.id}", {})
    return prize_payment(terms, draw, PrizeOrder(winning.account_id, winning.serial), key)


async def _note(house: House, run: PayoutRun, chunk: Sequence[WinningTicket], paid: int) -> bool:
    """Note a chunk's outcome unless another worker has, and keep the run for the next chunk."""
    unmoved = Q(after_id__isnull=True) if run.after_id is None else Q(after_id=run.after_id)
    return bool(
        await PayoutRun.filter(unmoved, id=run.id, state=RunState.RUNNING).update(
            paid=F("paid") + paid,
            refused=F("refused") + (len(chunk) - paid),
            after_id=chunk[-1].id,
            lease_until=house.clock() + LEASE,
        )
    )


async def _finish(house: House, run: PayoutRun) -> None:
    """Mark a run done, and tell the centre and the operators in the same transaction."""

    def decide(books: Books) -> Body:
        row, draw = books.one(PAYOUT_RUNS, run.id), books.one(DRAWS, run.draw_id)
        assert row is not None  # noqa: S101 - read before, and nothing removes a run
        assert draw is not None  # noqa: S101 - the same of draws
        changes = {"state": RunState.DONE, "finished_at": books.now, "lease_until": None}
        books.update(PAYOUT_RUNS.table, run.id, **changes)
        body: Body = {"payout_run": row | changes, "draw": draw}
        books.tell(
            EventKind.DRAW_PAID, body, audiences.partner(draw["centre_id"]), audiences.ALERTS
        )
        return body

    await house.desk.submit(
        Command(
            # Two workers that come to the end at once are one: the key is the run's.
            key=Key.of(SYSTEM.principal, "finishPayoutRun", str(run.id), {}),
            decide=decide,
            locks=(
                RowLock(DRAWS.table, run.draw_id),
                RowLock(PAYOUT_RUNS.table, run.id, exclusive=True),
            ),
        )
    )
