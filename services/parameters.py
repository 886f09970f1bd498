"""System parameters: named integers with a default, changed by operators without a restart."""

import time
from enum import StrEnum

from models import Parameter
from models.kinds import Permission
from services.actors import Actor
from services.clock import Clock
from services.refusals import RefusalCode, Refused


class ParameterName(StrEnum):
    """Every parameter; the unit ends the name."""

    PRIZE_POOL_THRESHOLD_MINOR = "PRIZE_POOL_THRESHOLD_MINOR"
    TICKET_CONFIRMATION_S = "TICKET_CONFIRMATION_S"
    PRIZE_CLAIM_DAYS = "PRIZE_CLAIM_DAYS"
    PRIZE_TAX_FROM_MINOR = "PRIZE_TAX_FROM_MINOR"
    PRIZE_TAX_BASIS_POINTS = "PRIZE_TAX_BASIS_POINTS"
    ANSWER_RETENTION_DAYS = "ANSWER_RETENTION_DAYS"
    EVENT_RETENTION_DAYS = "EVENT_RETENTION_DAYS"


DEFAULTS = {
    ParameterName.PRIZE_POOL_THRESHOLD_MINOR: 100_000_00,
    ParameterName.TICKET_CONFIRMATION_S: 600,
    ParameterName.PRIZE_CLAIM_DAYS: 60,
    ParameterName.PRIZE_TAX_FROM_MINOR: 10_000_00,
    ParameterName.PRIZE_TAX_BASIS_POINTS: 2000,
    ParameterName.ANSWER_RETENTION_DAYS: 90,
    ParameterName.EVENT_RETENTION_DAYS: 90,
}
"""What holds until an operator says otherwise.

A prize above ``PRIZE_TAX_FROM_MINOR`` is taxed as a whole (individual income tax on incidental
income: 20 % above 10,000 CNY for one winning).
"""

LARGEST = 10**15
BOUNDS = {
    ParameterName.ANSWER_RETENTION_DAYS: (1, LARGEST),
    ParameterName.EVENT_RETENTION_DAYS: (1, LARGEST),
    ParameterName.PRIZE_TAX_BASIS_POINTS: (0, 10_000),
}
"""The lowest and highest value of those that do not go from nothing to ``LARGEST``.

A key that is forgotten the same day would pay twice.
"""

REFRESH_S = 2.0
"""After how long a process looks at the table again."""


class Parameters:
    """The values in force, read at most every ``REFRESH_S`` seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values = dict(DEFAULTS)
        self._read_at_s = float("-inf")

    async def value(self, name: ParameterName) -> int:
        """Return the value in force."""
        if time.monotonic() - self._read_at_s > REFRESH_S:
            rows = await Parameter.all().values_list("name", "value")
            self._values = DEFAULTS | {ParameterName(key): value for key, value in rows}
            self._read_at_s = time.monotonic()
        return self._values[name]

    async def change(self, actor: Actor, name: ParameterName, value: int) -> int:
        """Set a parameter, and return its value.

        Raises:
            NotAllowed: The caller may not set parameters.
            Refused: ``PARAMETER_OUT_OF_RANGE``.
        """
        actor.require(Permission.SET_PARAMETERS)
        lowest, highest = BOUNDS.get(name, (0, LARGEST))
        if not lowest <= value <= highest:
            raise Refused(RefusalCode.PARAMETER_OUT_OF_RANGE, "value")
        await Parameter.update_or_create(
            name=name,
            defaults={
                "value": value,
                "changed_at": self._clock(),
                "changed_by": actor.principal,
            },
        )
        self._read_at_s = float("-inf")
        return value
