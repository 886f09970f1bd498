"""A parameter has a default until somebody sets it; other processes see what was set."""

import pytest

from services.parameters import DEFAULTS, ParameterName, Parameters
from tests.factories import house_on, set_parameter


@pytest.mark.parametrize("name", ParameterName)
async def test_has_a_default_until_it_is_set(sqlite_url: str, name: ParameterName) -> None:
    async with house_on(sqlite_url) as house:
        assert await house.parameters.value(name) == DEFAULTS[name]
        await set_parameter(house, name, DEFAULTS[name] + 1)
        assert await house.parameters.value(name) == DEFAULTS[name] + 1


async def test_another_process_sees_a_change(database_url: str) -> None:
    async with house_on(database_url) as house:
        name = ParameterName.PRIZE_CLAIM_DAYS
        await set_parameter(house, name, 7)
        assert await Parameters().value(name) == 7
