"""What a holder has allowed themselves, read for who may see the account."""

from datetime import datetime
from uuid import UUID

from models import Allowance, SelfLimit
from models.engines import Row
from models.kinds import LimitKind
from services.allowances import COUNTERS, as_of, limit_at, nothing_used
from services.house import House


async def self_limits(house: House, account_id: UUID) -> list[Row]:
    """Return an account's limits as they hold now, by kind, each with its ``used_minor``.

    The caller has seen to it that the account may be seen.
    """
    now = house.clock()
    today = house.business_day(now)
    limits: list[Row] = await SelfLimit.filter(account_id=account_id).order_by("kind").values()
    kept: list[Row] = await Allowance.filter(id=account_id).values()
    allowance = as_of(kept[0], today) if kept else nothing_used(account_id, today)
    return [
        limit | _now(limit, now) | {"used_minor": allowance[COUNTERS[LimitKind(limit["kind"])]]}
        for limit in limits
    ]


async def excluded_until(house: House, account_id: UUID) -> datetime | None:
    """Return until when an account's holder is excluded, where they are now."""
    allowance = await Allowance.get_or_none(id=account_id)
    until = None if allowance is None else allowance.excluded_until
    return until if until is not None and until > house.clock() else None


def _now(limit: Row, now: datetime) -> Row:
    if limit["next_from"] is None or limit["next_from"] > now:
        return {}
    return {"limit_minor": limit_at(limit, now), "next_minor": None, "next_from": None}
