"""What a query that is built once for many knows of the one it was built for: the rights alone."""

from collections.abc import AsyncIterator
from dataclasses import fields, replace

import pytest

from models import Account, prepared
from resolvers.seen import seen_rows
from resolvers.visible import Rows
from services.actors import Actor
from tests.factories import HouseUnderTest, a_customer, an_account, house_on, new_id

RIGHTS = {"kind", "partner_kind", "permissions", "scopes"}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HouseUnderTest]:
    """A house, and nothing built yet."""
    prepared._built.clear()
    async with house_on(database_url) as opened:
        yield opened


async def test_nothing_of_the_first_caller_but_the_rights_is_in_it(house: HouseUnderTest) -> None:
    mine, yours = [
        replace(await a_customer(house), credential_id=new_id(), stepped_up_until=house.clock())
        for _ in range(2)
    ]
    accounts = [await an_account(house, mine), await an_account(house, yours)]
    asked_for: list[Actor] = []

    def seen(actor: Actor) -> Rows:
        asked_for.append(actor)
        return Account.filter(customer_id=actor.id)

    for caller, own in zip((mine, yours), accounts, strict=True):
        rows = await seen_rows(
            "own", caller, seen, lambda query, ids: query.filter(id__in=ids), accounts
        )
        assert [row["id"] for row in rows] == [own]
    (anybody,) = asked_for
    assert anybody.id not in {mine.id, yours.id}
    assert replace(anybody, id=None) == Actor(
        **{field.name: getattr(mine, field.name) for field in fields(Actor) if field.name in RIGHTS}
    )
