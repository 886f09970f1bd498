"""A parameter takes what is within its bounds, from who may set it, and keeps its history."""

import asyncio

import orjson
import pytest

from models import AuditEntry, ParameterChange
from models.kinds import AuditOutcome, ParameterState, Permission
from services.actors import NOBODY, NotAllowed
from services.parameters import BOUNDS, DEFAULTS, LARGEST, ParameterName
from services.refusals import RefusalCode
from services.staff.set_parameter import set_parameter
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_platform,
    a_supervisor,
    an_operator,
    beside,
    on_postgres,
    refused,
)

DAYS = ParameterName.PRIZE_CLAIM_DAYS


@pytest.mark.parametrize("name", ParameterName)
async def test_takes_its_bounds_and_nothing_beyond(
    house: HouseUnderTest, name: ParameterName
) -> None:
    lowest, highest = BOUNDS.get(name, (0, LARGEST))
    operator = await an_operator(house, Permission.SET_PARAMETERS)
    for value in (lowest, highest):
        await set_parameter(house, operator, name, value)
        assert await house.parameters.value(name) == value
    for value in (lowest - 1, highest + 1):
        async with refused(house, RefusalCode.PARAMETER_OUT_OF_RANGE, "value"):
            await set_parameter(house, operator, name, value)


async def test_keeps_every_value_with_who_why_and_when(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    await set_parameter(house, operator, DAYS, 7, "The law has changed")
    house.clock.advance(days=1)
    await set_parameter(house, operator, DAYS, 9)
    first, second = await ParameterChange.filter(name=DAYS).order_by("number")
    assert (first.before, first.value, first.reason) == (DEFAULTS[DAYS], 7, "The law has changed")
    assert (second.before, second.value, second.reason) == (7, 9, None)
    assert (first.state, second.state) == (ParameterState.REPLACED, ParameterState.IN_FORCE)
    assert first.principal == second.principal == operator.principal
    assert second.at == house.clock()


async def test_the_audit_log_has_the_old_value_and_the_new(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    await set_parameter(house, operator, DAYS, 7, "The law has changed")
    async with refused(house, RefusalCode.PARAMETER_OUT_OF_RANGE, "value"):
        await set_parameter(house, operator, DAYS, -1)
    allowed, turned_down = await AuditEntry.all().order_by("id")
    assert (allowed.action, allowed.reason) == ("setParameter", "The law has changed")
    assert orjson.loads(allowed.changes) == [{"name": DAYS, "before": "60", "after": "7"}]
    assert turned_down.outcome == AuditOutcome.REFUSED
    assert turned_down.changes is None


async def test_only_who_may(house: HouseUnderTest) -> None:
    others = set(Permission) - {Permission.SET_PARAMETERS}
    for actor in (
        NOBODY,
        await a_customer(house),
        await a_platform(house),
        await a_supervisor(house),
        await an_operator(house, *others),
    ):
        with pytest.raises(NotAllowed):
            await set_parameter(house, actor, DAYS, 7)
    assert not await ParameterChange.exists()


@on_postgres
async def test_two_who_set_it_at_once_make_one_history(house: HouseUnderTest) -> None:
    one, two = await an_operator(house), await an_operator(house)
    async with beside(house) as other:
        await asyncio.gather(
            *(set_parameter(house, one, DAYS, value) for value in range(1, 9)),
            *(set_parameter(other, two, DAYS, value) for value in range(11, 19)),
        )
    changes = await ParameterChange.filter(name=DAYS).order_by("number")
    assert [change.number for change in changes] == list(range(1, 17))
    assert [change.before for change in changes[1:]] == [change.value for change in changes[:-1]]
    in_force = [change.number for change in changes if change.state == ParameterState.IN_FORCE]
    assert in_force == [16]
