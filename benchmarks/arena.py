"""What every measurement runs on: a fresh database with one hot platform and many players."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from stdnum.cn import ric

from app.building import built
from app.settings import Settings
from models import Customer
from models.kinds import IdentityKind, PartnerKind
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.open_account import OpenAccount, open_account
from services.actors import Actor, ActorKind, partner_actor
from services.house import House
from services.lottery.grant_mandate import MandateGrant, grant_mandate
from services.lottery.open_draw import OpenDraw, open_draw
from services.lottery.purchase import PickedTicket, PurchaseOrder
from services.partners.create_partner import create_partner

PLAYERS = 512
FUNDS_MINOR = 10**12
STAKE_MINOR = 200


@dataclass(frozen=True, slots=True)
class Arena:
    """Who plays: the platform with its key, the players' accounts, and the open draw."""

    settings: Settings
    platform: Actor
    api_key: str
    accounts: tuple[UUID, ...]
    draw_id: UUID

    def order(self, client: int, number: int, run: str) -> PurchaseOrder:
        """Return the ``number``-th purchase of a client: its own player, the one hot platform."""
        name = f"{run}-{client}-{number}"
        return PurchaseOrder(
            key=name,
            account_id=self.accounts[client % len(self.accounts)],
            reference=name,
            amount_minor=STAKE_MINOR,
            currency="CNY",
            tickets=(PickedTicket(self.draw_id, "01 02 03 04 05 06 + 07", STAKE_MINOR, name),),
        )


async def lay_out(settings: Settings) -> Arena:
    """Make the platform, the draw and the players, each with money and a mandate."""
    # Nobody measures the bank: the one of development settles at once.
    async with built(replace(settings, dev=True)) as building:
        house = building.house
        centre_row, _ = await create_partner(house, PartnerKind.LOTTERY_CENTRE, "Centre", "CNY")
        row, api_key = await create_partner(house, PartnerKind.SALES_PLATFORM, "Platform", "CNY")
        centre = _partner(centre_row["id"], PartnerKind.LOTTERY_CENTRE)
        platform = _partner(row["id"], PartnerKind.SALES_PLATFORM)
        in_a_year = house.clock() + timedelta(days=365)
        opened = await open_draw(house, centre, OpenDraw("draw", "game", "1", in_a_year, "CNY"))
        assert platform.id is not None  # noqa: S101 - made above
        accounts = await asyncio.gather(*(_player(house, platform.id, n) for n in range(PLAYERS)))
        return Arena(settings, platform, api_key, tuple(accounts), UUID(opened.body["draw"]["id"]))


def _partner(partner_id: object, kind: PartnerKind) -> Actor:
    return partner_actor(UUID(str(partner_id)), kind)


async def _player(house: House, platform_id: UUID, number: int) -> UUID:
    # Nobody signs in here, so nobody's password needs hashing.
    customer = await Customer.create(
        id=house.new_id(),
        email=f"{house.new_id()}@player.invalid",
        password_hash="none",  # noqa: S106 - matches no password
        signed_up_at=house.clock(),
    )
    player = Actor(ActorKind.CUSTOMER, customer.id)
    begun = f"11010119900307{number:03}"
    opening = OpenAccount(
        key="open",
        currency="CNY",
        holder_name="Player",
        phone="+8613800000000",
        identity_kind=IdentityKind.RESIDENT_ID,
        identity_number=begun + ric.calc_check_digit(f"{begun}0"),
    )
    opened = await open_account(house, player, opening)
    account_id = UUID(opened.body["account"]["id"])
    await deposit(house, player, DepositOrder("funds", account_id, FUNDS_MINOR, "CNY"))
    in_a_year = house.clock() + timedelta(days=365)
    grant = MandateGrant("mandate", account_id, platform_id, FUNDS_MINOR, FUNDS_MINOR, in_a_year)
    await grant_mandate(house, player, grant)
    return account_id
