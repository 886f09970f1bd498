"""Forgetting what nobody signs in with any more, in batches."""

from datetime import timedelta

from tortoise.expressions import Q

from models import MailedCode, RefreshToken, Session
from services.house import House

BATCH = 500
KEPT = timedelta(days=90)
"""How long a session is remembered after its end: for the networks that its owner is known in."""
SPENT_KEPT = timedelta(days=30)
"""How long the second use of a refresh token is noticed; after that it is a token of nobody's."""
CODES_KEPT = timedelta(days=1)


async def remove_old_sessions(house: House) -> int:
    """Remove up to ``BATCH`` each of old sessions, spent tokens and codes; return how many."""
    now = house.clock()
    old = Q(expires_at__lt=now - KEPT) | Q(ended_at__lt=now - KEPT)
    sessions = await Session.filter(old).limit(BATCH).values_list("id", flat=True)
    spent = RefreshToken.filter(spent_at__lt=now - SPENT_KEPT)
    tokens = await spent.limit(BATCH).values_list("id", flat=True)
    over = MailedCode.filter(expires_at__lt=now - CODES_KEPT)
    codes = await over.limit(BATCH).values_list("id", flat=True)
    removed = 0
    if sessions:
        removed += await RefreshToken.filter(session_id__in=sessions).delete()
        removed += await Session.filter(id__in=sessions).delete()
    if tokens:
        removed += await RefreshToken.filter(id__in=tokens).delete()
    if codes:
        removed += await MailedCode.filter(id__in=codes).delete()
    return removed
