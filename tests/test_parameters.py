"""A parameter has a default, takes what is within its bounds, and is changed by operators alone."""

import pytest

from models import Parameter
from services.actors import NOBODY, NotAllowed
from services.parameters import BOUNDS, DEFAULTS, LARGEST, ParameterName, Parameters
from services.refusals import RefusalCode
from tests.factories import (
    HandClock,
    a_centre,
    a_customer,
    a_platform,
    an_operator,
    house_on,
    refused,
    set_parameter,
)


@pytest.mark.parametrize("name", ParameterName)
async def test_takes_its_bounds_and_nothing_beyond(sqlite_url: str, name: ParameterName) -> None:
    lowest, highest = BOUNDS.get(name, (0, LARGEST))
    async with house_on(sqlite_url) as house:
        operator = await an_operator(house)
        assert await house.parameters.value(name) == DEFAULTS[name]
        for value in (lowest, highest):
            assert await house.parameters.change(operator, name, value) == value
            assert await house.parameters.value(name) == value
        for value in (lowest - 1, highest + 1):
            async with refused(house, RefusalCode.PARAMETER_OUT_OF_RANGE, "value"):
                await house.parameters.change(operator, name, value)
        kept = await Parameter.get(name=name)
        assert (kept.value, kept.changed_by) == (highest, operator.principal)


async def test_another_process_sees_a_change(database_url: str) -> None:
    async with house_on(database_url) as house:
        name = ParameterName.PRIZE_CLAIM_DAYS
        await set_parameter(house, name, 7)
        assert await Parameters(HandClock()).value(name) == 7


async def test_only_operators(sqlite_url: str) -> None:
    async with house_on(sqlite_url) as house:
        actors = (NOBODY, await a_customer(house), await a_platform(house), await a_centre(house))
        for actor in actors:
            with pytest.raises(NotAllowed):
                await house.parameters.change(actor, ParameterName.PRIZE_CLAIM_DAYS, 7)
        assert not await Parameter.exists()
