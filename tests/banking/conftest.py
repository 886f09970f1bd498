"""The house that these tests begin with, on each engine, and a customer with money and a card."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from services.actors import Actor
from tests.factories import HouseUnderTest, a_card, a_customer, an_account, stepped_up
from tests.lottery.conftest import house

__all__ = ["house"]


@dataclass(frozen=True, slots=True)
class Holder:
    """A customer who has just stepped up, with 100 CNY and a bound card."""

    actor: Actor
    account_id: UUID
    card_id: UUID


@pytest.fixture
async def holder(house: HouseUnderTest) -> Holder:
    """Somebody who may take money out."""
    customer = await a_customer(house)
    account_id = await an_account(house, customer, balance_minor=100_00)
    return Holder(stepped_up(customer, house), account_id, await a_card(house, customer))
