"""A partner's key does what its scopes say, and is told which one it lacks."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.kinds import SCOPES, ApiKeyScope, PartnerKind
from services import audiences
from services.actors import Actor, ScopeMissing, partner_actor
from services.ledger.balance_at import balance_at
from services.lottery.close_draw import close_draw
from services.lottery.confirm_tickets import ConfirmTickets, confirm_tickets
from services.lottery.fund_pool import FundPool, fund_pool
from services.lottery.open_draw import OpenDraw, open_draw
from services.lottery.purchase import purchase
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.lottery.upload_winning_tickets import UploadWinningTickets, upload_winning_tickets
from services.refusals import RefusalCode
from tests.factories import (
    NOON,
    HouseUnderTest,
    a_key,
    a_platform,
    an_order,
    id_of,
    limited,
    new_id,
    refused,
)

Asked = Callable[[HouseUnderTest, Actor], Awaitable[Any]]


async def _heard(_: HouseUnderTest, actor: Actor) -> frozenset[str]:
    return audiences.heard_by(actor)


PLATFORM, CENTRE = PartnerKind.SALES_PLATFORM, PartnerKind.LOTTERY_CENTRE
NEEDS: list[tuple[PartnerKind, ApiKeyScope, Asked]] = [
    (PLATFORM, ApiKeyScope.SELL, lambda h, a: purchase(h, a, an_order(new_id(), new_id()))),
    (
        PLATFORM,
        ApiKeyScope.SELL,
        lambda h, a: confirm_tickets(h, a, ConfirmTickets(a_key(), new_id(), ())),
    ),
    (
        PLATFORM,
        ApiKeyScope.SELL,
        lambda h, a: refund_purchase(h, a, RefundPurchase(a_key(), new_id())),
    ),
    (CENTRE, ApiKeyScope.FUND, lambda h, a: fund_pool(h, a, FundPool(a_key(), 1, "CNY"))),
    (
        CENTRE,
        ApiKeyScope.DRAW,
        lambda h, a: open_draw(h, a, OpenDraw(a_key(), "game", "1", NOON, "CNY")),
    ),
    (CENTRE, ApiKeyScope.DRAW, lambda h, a: close_draw(h, a, a_key(), new_id())),
    (
        CENTRE,
        ApiKeyScope.DRAW,
        lambda h, a: upload_winning_tickets(
            h, a, UploadWinningTickets(a_key(), new_id(), (), publish=False)
        ),
    ),
    (PLATFORM, ApiKeyScope.SUBSCRIBE, _heard),
]


@pytest.mark.parametrize(("kind", "scope", "ask"), NEEDS)
async def test_a_service_names_the_scope_that_is_missing(
    house: HouseUnderTest, kind: PartnerKind, scope: ApiKeyScope, ask: Asked
) -> None:
    partner = partner_actor(new_id(), kind)
    with pytest.raises(ScopeMissing) as missing:
        await ask(house, limited(partner, *SCOPES[kind] - {scope}))
    assert missing.value.scope is scope


async def test_a_key_that_may_not_read_does_not_see_even_its_own_wallet(
    house: HouseUnderTest,
) -> None:
    platform = await a_platform(house)
    assert await balance_at(platform, id_of(platform), house.clock()) == 0
    async with refused(house, RefusalCode.NOT_FOUND, "walletId"):
        await balance_at(limited(platform), id_of(platform), house.clock())


def test_every_kind_of_partner_has_scopes() -> None:
    assert set(SCOPES) == set(PartnerKind)
    assert frozenset().union(*SCOPES.values()) == frozenset(ApiKeyScope)
