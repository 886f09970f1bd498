"""What every measurement runs on: a fresh database with one hot platform and many players."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from stdnum.cn import ric

from app.building import Building, built
from app.settings import Settings
from benchmarks.past import CURRENCY, FUNDS_MINOR, STAKE_MINOR, Past, writing
from models import Customer, Session, StaffMember, StaffRole
from models.ids import id_of
from models.kinds import (
    ApiKeyScope,
    GrantState,
    IdentityKind,
    PartnerKind,
    StaffKind,
    StaffStanding,
)
from models.staff import ADMINISTRATOR_ROLE_ID
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.open_account import OpenAccount, open_account
from services.actors import Actor, ActorKind, partner_actor
from services.house import House
from services.lottery.close_draw import close_draw
from services.lottery.fund_pool import FundPool, fund_pool
from services.lottery.grant_mandate import MandateGrant, grant_mandate
from services.lottery.open_draw import OpenDraw, open_draw
from services.lottery.purchase import PickedTicket, PurchaseOrder, purchase
from services.lottery.upload_winning_tickets import UploadWinningTickets, upload_winning_tickets
from services.origin import UNKNOWN
from services.parameters import DEFAULTS, ParameterName
from services.partners.create_partner import create_partner
from services.people.persons import Person
from services.people.sessions import new_session

NUMBERS = "01 02 03 04 05 06 + 07"
PRIZE_MINOR = 200_000
PRIZES = 16
"""How many prizes wait to be claimed, each of which can take the pool below its threshold."""
IN_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody with an account, and where they are signed in, a token."""

    account_id: UUID
    customer_id: UUID
    token: str = ""


@dataclass(frozen=True, slots=True)
class Arena:
    """Who plays: the platform with its key, the players, and the draw that is on sale.

    Attributes:
        settings: Of the processes that serve it.
        platform: The one whose wallet is hot.
        api_key: The platform's.
        draw_id: Of the draw on sale.
        players: Who buy.
        watchers: Tokens of operators, each of another one.
        centre: Whose pool stands at its threshold.
        winner: Who has winning tickets, with serials as ``prize_serial`` tells.
        won_draw_id: In this draw.
    """

    settings: Settings
    platform: Actor
    api_key: str
    draw_id: UUID
    players: tuple[Player, ...]
    watchers: tuple[str, ...]
    centre: Actor
    winner: Player
    won_draw_id: UUID

    @property
    def platform_id(self) -> UUID:
        """The platform's id, which is its wallet's."""
        return self.platform.partner_id(PartnerKind.SALES_PLATFORM, scope=ApiKeyScope.SELL)

    def at(self, url: str) -> "Arena":
        """Return the same arena in another database."""
        return replace(self, settings=replace(self.settings, database_url=url))

    def order(self, client: int, number: int, run: str) -> PurchaseOrder:
        """Return the ``number``-th purchase of a client: its own player, the one hot platform."""
        player = self.players[client % len(self.players)]
        return _order(f"{run}-{client}-{number}", player.account_id, self.draw_id)


def prize_serial(number: int) -> str:
    """Return the serial of one of the winner's tickets."""
    return f"prize-{number}"


async def lay_out(settings: Settings, past: Past, *, signed_in: int, watchers: int) -> Arena:
    """Make the platform, the draw, and players with a past, in a database that is PostgreSQL's.

    Args:
        settings: Of the processes that will serve it.
        past: How much has happened.
        signed_in: How many of the players are, the first ones.
        watchers: How many operators are.
    """
    async with writing(settings.database_url) as written:
        async with _built(settings) as building:
            house = building.house
            arena = await _found(house, settings)
            await written.write_past(past, arena.platform_id)
            winner = await _player(house, arena.platform_id, 0)
            sample = _order("sample", winner.account_id, arena.draw_id)
            await purchase(house, arena.platform, sample)
            arena = await _prepare_prizes(house, arena, winner)
            players = [Player(*ids) for ids in await written.players()]
            players[:signed_in] = await _signed_in(house, players[:signed_in])
            tokens = await _watchers(house, watchers)
        await written.write_kept(sample.reference)
    return replace(arena, players=tuple(players), watchers=tuple(tokens))


async def lay_out_small(settings: Settings, players: int) -> Arena:
    """Make the platform, the draw and players without a past, through the services alone."""
    async with _built(settings) as building:
        arena = await _found(building.house, settings)
        made = (_player(building.house, arena.platform_id, number) for number in range(players))
        return replace(arena, players=tuple(await asyncio.gather(*made)))


def _built(settings: Settings) -> AbstractAsyncContextManager[Building]:
    # Nobody measures the bank: the one of development settles at once.
    return built(replace(settings, dev=True))


async def _found(house: House, settings: Settings) -> Arena:
    centre_row, _ = await create_partner(house, PartnerKind.LOTTERY_CENTRE, "Centre", CURRENCY)
    row, api_key = await create_partner(house, PartnerKind.SALES_PLATFORM, "Platform", CURRENCY)
    centre = partner_actor(id_of(str(centre_row["id"])), PartnerKind.LOTTERY_CENTRE)
    platform = partner_actor(id_of(str(row["id"])), PartnerKind.SALES_PLATFORM)
    draw_id = await _open_draw(house, centre, "on-sale")
    nobody = Player(draw_id, draw_id)
    return Arena(settings, platform, api_key, draw_id, (), (), centre, nobody, draw_id)


async def _open_draw(house: House, centre: Actor, code: str) -> UUID:
    terms = OpenDraw(code, "game", code, house.clock() + IN_A_YEAR, CURRENCY)
    opened = await open_draw(house, centre, terms)
    return id_of(str(opened.body["draw"]["id"]))


def _order(name: str, account_id: UUID, draw_id: UUID) -> PurchaseOrder:
    ticket = PickedTicket(draw_id, NUMBERS, STAKE_MINOR, name)
    return PurchaseOrder(name, account_id, name, STAKE_MINOR, CURRENCY, (ticket,))


async def _player(house: House, platform_id: UUID, number: int) -> Player:
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
        currency=CURRENCY,
        holder_name="Player",
        phone="+8613800000000",
        identity_kind=IdentityKind.RESIDENT_ID,
        identity_number=begun + ric.calc_check_digit(f"{begun}0"),
    )
    opened = await open_account(house, player, opening)
    account_id = id_of(opened.body["account"]["id"])
    await deposit(house, player, DepositOrder("funds", account_id, FUNDS_MINOR, CURRENCY))
    until = house.clock() + IN_A_YEAR
    grant = MandateGrant("mandate", account_id, platform_id, FUNDS_MINOR, FUNDS_MINOR, until)
    await grant_mandate(house, player, grant)
    return Player(account_id, customer.id)


async def _prepare_prizes(house: House, arena: Arena, winner: Player) -> Arena:
    """Have tickets win that nobody has claimed, and the pool stand right at its threshold."""
    won_draw_id = await _open_draw(house, arena.centre, "won")
    serials = [prize_serial(number) for number in range(PRIZES)]
    for serial in serials:
        await purchase(house, arena.platform, _order(serial, winner.account_id, won_draw_id))
    await close_draw(house, arena.centre, "close", won_draw_id)
    prizes = tuple((serial, PRIZE_MINOR) for serial in serials)
    upload = UploadWinningTickets("upload", won_draw_id, prizes, publish=True)
    await upload_winning_tickets(house, arena.centre, upload)
    threshold_minor = DEFAULTS[ParameterName.PRIZE_POOL_THRESHOLD_MINOR]
    await fund_pool(house, arena.centre, FundPool("pool", threshold_minor, CURRENCY))
    return replace(arena, winner=winner, won_draw_id=won_draw_id)


async def _watchers(house: House, count: int) -> list[str]:
    """Make operators who are signed in, and return their tokens."""
    now = house.clock()
    members = [
        StaffMember(
            id=house.new_id(),
            kind=StaffKind.OPERATOR,
            name="Watcher",
            email=f"{number}@watcher.invalid",
            standing=StaffStanding.ACTIVE,
            created_by="benchmark",
            created_at=now,
            active_since=now,
        )
        for number in range(count)
    ]
    await StaffMember.bulk_create(members, batch_size=500)
    grants = [
        StaffRole(
            id=house.new_id(),
            member_id=member.id,
            role_id=ADMINISTRATOR_ROLE_ID,
            state=GrantState.HELD,
            given_by="benchmark",
            given_at=now,
        )
        for member in members
    ]
    await StaffRole.bulk_create(grants, batch_size=500)
    return await _sign_in(house, ActorKind.OPERATOR, (member.id for member in members))


async def _signed_in(house: House, players: list[Player]) -> list[Player]:
    customers = (player.customer_id for player in players)
    tokens = await _sign_in(house, ActorKind.CUSTOMER, customers)
    return [replace(player, token=token) for player, token in zip(players, tokens, strict=True)]


async def _sign_in(house: House, kind: ActorKind, ids: Iterable[UUID]) -> list[str]:
    """Begin a session for each person, without a password, and return their tokens."""
    now = house.clock()
    rows, tokens = [], []
    for person_id in ids:
        person = Person(kind, person_id, "", None, has_proved_email=True)
        row, _, signed_in = new_session(house.new_id, person, now, UNKNOWN)
        rows.append(Session(**row))
        tokens.append(signed_in.token)
    await Session.bulk_create(rows, batch_size=500)
    return tokens
