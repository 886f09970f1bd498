"""A parameter has a default until somebody sets it; other processes see what was set."""

import asyncio

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


async def test_many_who_ask_at_once_are_one_reading(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_on(sqlite_url):
        parameters, readings = Parameters(), 0
        read = Parameters._read

        async def counted(self: Parameters) -> None:
            nonlocal readings
            readings += 1
            await read(self)

        monkeypatch.setattr(Parameters, "_read", counted)
        names = list(ParameterName)
        values = await asyncio.gather(*(parameters.value(name) for name in names))
        assert values == [DEFAULTS[name] for name in names]
        assert readings == 1
