"""Forgetting old idempotency keys, in batches.

A key that is used again after its answer was removed is a new key, as the description of
``idempotencyKey`` tells whoever integrates.
"""

from datetime import timedelta

from models import Answer
from services.ledger.means import Means
from services.parameters import ParameterName

BATCH = 1000


async def remove_old_answers(house: Means) -> int:
    """Remove up to ``BATCH`` answers older than ``ANSWER_RETENTION_DAYS``; return how many."""
    days = await house.parameters.value(ParameterName.ANSWER_RETENTION_DAYS)
    old = (
        await Answer.filter(at__lt=house.clock() - timedelta(days=days))
        .order_by("at")
        .limit(BATCH)
        .values_list("id", flat=True)
    )
    if not old:
        return 0
    return int(await Answer.filter(id__in=list(old)).delete())
