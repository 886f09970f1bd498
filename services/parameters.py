"""System parameters: named integers with a default, changed by operators without a restart."""

import asyncio
import time
from enum import StrEnum

from models import ParameterChange
from models.kinds import ParameterState


class ParameterName(StrEnum):
    """Every parameter; the unit ends the name."""

    PRIZE_POOL_THRESHOLD_MINOR = "PRIZE_POOL_THRESHOLD_MINOR"
    TICKET_CONFIRMATION_S = "TICKET_CONFIRMATION_S"
    PRIZE_CLAIM_DAYS = "PRIZE_CLAIM_DAYS"
    PRIZE_TAX_FROM_MINOR = "PRIZE_TAX_FROM_MINOR"
    PRIZE_TAX_BASIS_POINTS = "PRIZE_TAX_BASIS_POINTS"
    LIMIT_RAISE_S = "LIMIT_RAISE_S"
    EXCLUSION_MIN_DAYS = "EXCLUSION_MIN_DAYS"
    EXCLUSION_MAX_DAYS = "EXCLUSION_MAX_DAYS"
    ANSWER_RETENTION_DAYS = "ANSWER_RETENTION_DAYS"
    EVENT_RETENTION_DAYS = "EVENT_RETENTION_DAYS"
    WITHDRAWAL_PER_DAY_MINOR = "WITHDRAWAL_PER_DAY_MINOR"
    PIN_TRIES = "PIN_TRIES"
    PIN_LOCK_S = "PIN_LOCK_S"
    STEP_UP_S = "STEP_UP_S"


DEFAULTS = {
    ParameterName.PRIZE_POOL_THRESHOLD_MINOR: 100_000_00,
    ParameterName.TICKET_CONFIRMATION_S: 600,
    ParameterName.PRIZE_CLAIM_DAYS: 60,
    ParameterName.PRIZE_TAX_FROM_MINOR: 10_000_00,
    ParameterName.PRIZE_TAX_BASIS_POINTS: 2000,
    ParameterName.LIMIT_RAISE_S: 86_400,
    ParameterName.EXCLUSION_MIN_DAYS: 1,
    ParameterName.EXCLUSION_MAX_DAYS: 1_830,
    ParameterName.ANSWER_RETENTION_DAYS: 90,
    ParameterName.EVENT_RETENTION_DAYS: 90,
    ParameterName.WITHDRAWAL_PER_DAY_MINOR: 50_000_00,
    ParameterName.PIN_TRIES: 5,
    ParameterName.PIN_LOCK_S: 1800,
    ParameterName.STEP_UP_S: 300,
}
"""What holds until an operator says otherwise.

A prize above ``PRIZE_TAX_FROM_MINOR`` is taxed as a whole (individual income tax on incidental
income: 20 % above 10,000 CNY for one winning).
"""

LARGEST = 10**15
BOUNDS = {
    ParameterName.EXCLUSION_MIN_DAYS: (0, 36_500),
    ParameterName.EXCLUSION_MAX_DAYS: (1, 36_500),
    ParameterName.LIMIT_RAISE_S: (0, 366 * 86_400),
    ParameterName.ANSWER_RETENTION_DAYS: (1, LARGEST),
    ParameterName.EVENT_RETENTION_DAYS: (1, LARGEST),
    ParameterName.PRIZE_TAX_BASIS_POINTS: (0, 10_000),
    ParameterName.PIN_TRIES: (1, 20),
    ParameterName.PIN_LOCK_S: (60, LARGEST),
    ParameterName.STEP_UP_S: (30, 3600),
}
"""The lowest and highest value of those that do not go from nothing to ``LARGEST``.

A key that is forgotten the same day would pay twice.
"""

REFRESH_S = 2.0
"""After how long a process looks at the table again."""


class Parameters:
    """The values in force, read at most every ``REFRESH_S`` seconds."""

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)
        self._read_at_s = float("-inf")
        self._reading = asyncio.Lock()

    async def value(self, name: ParameterName) -> int:
        """Return the value in force."""
        if self._is_old():
            async with self._reading:
                if self._is_old():  # or whoever was here before has just read them
                    await self._read()
        return self._values[name]

    def _is_old(self) -> bool:
        return time.monotonic() - self._read_at_s > REFRESH_S

    async def _read(self) -> None:
        in_force = ParameterChange.filter(state=ParameterState.IN_FORCE)
        rows = await in_force.values_list("name", "value")
        self._values = DEFAULTS | {ParameterName(key): value for key, value in rows}
        self._read_at_s = time.monotonic()

    def forget(self) -> None:
        """Look at the table again the next time: something has changed."""
        self._read_at_s = float("-inf")
