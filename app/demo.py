"""Demo data for development: on first start, somebody to be and something to buy.

Only ``make run`` asks for it (``COFFER_DEV=1``). What is needed to sign in and to try a purchase
is kept beside the database, so that later starts can show it again.
"""

import json
import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from stdnum.cn import ric

from app.settings import Settings
from graphql_schema.relay import NodeKind, encode
from models import Partner
from models.kinds import IdentityKind, PartnerKind
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.open_account import OpenAccount, open_account
from services.actors import Actor, ActorKind, partner_actor
from services.house import House
from services.lottery.fund_pool import FundPool, fund_pool
from services.lottery.grant_mandate import MandateGrant, grant_mandate
from services.lottery.open_draw import OpenDraw, open_draw
from services.partners.create_partner import create_partner
from services.people.sign_up import SignUp, sign_up
from services.secrets import new_secret
from services.staff.accept_invitation import Acceptance, accept_invitation
from services.staff.create_administrator import create_administrator, create_supervisor
from services.staff.invite import Invited

SIGN_INS = "demo-sign-ins.json"
NAMES = {
    PartnerKind.LOTTERY_CENTRE: "Demo lottery centre",
    PartnerKind.SALES_PLATFORM: "Demo sales platform",
}


def sign_ins_of(settings: Settings) -> Path:
    """Return the file that the demo sign-ins are kept in."""
    directory = settings.sqlite_path.parent if settings.sqlite_path else Path("data")
    return directory / SIGN_INS


async def furnish(house: House, settings: Settings) -> None:
    """Make the demo data if it is not there, and print where the server is and who one can be."""
    path = sign_ins_of(settings)
    if not path.exists():
        sign_ins = await _make(house)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(sign_ins, file, indent=2)
    print(f"\nDemo sign-ins, kept in {path}:\n{path.read_text()}\n", file=sys.stderr)  # noqa: T201
    print(f"Coffer listens on http://{settings.host}:{settings.port}/graphql\n", file=sys.stderr)  # noqa: T201


async def _make(house: House) -> dict[str, str]:
    # A first start that was interrupted left partners whose keys nobody knows: make others.
    earlier = await Partner.filter(name__startswith=NAMES[PartnerKind.LOTTERY_CENTRE]).count()
    tag = f" {earlier + 1}" if earlier else ""
    key = f"demo{tag}"
    keys: dict[PartnerKind, str] = {}
    actors: dict[PartnerKind, Actor] = {}
    for kind, name in NAMES.items():
        partner, keys[kind] = await create_partner(house, kind, name + tag, "CNY")
        actors[kind] = partner_actor(UUID(str(partner["id"])), kind)
    email, password = f"player{tag.strip()}@demo.invalid", new_secret("")
    customer = await sign_up(house, SignUp(key, email, password))
    player = Actor(ActorKind.CUSTOMER, UUID(customer.body["customer"]["id"]))
    opening = OpenAccount(
        key=key,
        currency="CNY",
        holder_name="王小明",
        phone="+8613800000000",
        identity_kind=IdentityKind.RESIDENT_ID,
        identity_number=_identity_number(),
    )
    opened = await open_account(house, player, opening)
    account_id = UUID(opened.body["account"]["id"])
    await deposit(house, player, DepositOrder(key, account_id, 500_00, "CNY"))
    platform, centre = actors[PartnerKind.SALES_PLATFORM], actors[PartnerKind.LOTTERY_CENTRE]
    assert platform.id is not None  # noqa: S101 - made above
    in_a_year = house.clock() + timedelta(days=365)
    await grant_mandate(
        house, player, MandateGrant(key, account_id, platform.id, 100_00, 300_00, in_a_year)
    )
    await fund_pool(house, centre, FundPool(key, 1_000_000_00, "CNY"))
    opened = await open_draw(house, centre, OpenDraw(key, "双色球", "2026001", in_a_year, "CNY"))
    return {
        "player_email": email,
        "player_password": password,
        "player_account_id": encode(NodeKind.ACCOUNT, account_id),
        "draw_id": encode(NodeKind.DRAW, opened.body["draw"]["id"]),
        "sales_platform_api_key": keys[PartnerKind.SALES_PLATFORM],
        "lottery_centre_api_key": keys[PartnerKind.LOTTERY_CENTRE],
        **await _staff(house, tag.strip()),
    }


async def _staff(house: House, tag: str) -> dict[str, str]:
    administrator, supervisor = f"administrator{tag}@demo.invalid", f"supervisor{tag}@demo.invalid"
    return {
        "administrator_email": administrator,
        "administrator_password": await _come(
            house, await create_administrator(house, "李管理", administrator, another=True)
        ),
        "supervisor_email": supervisor,
        "supervisor_password": await _come(
            house, await create_supervisor(house, "陈监管", supervisor)
        ),
    }


async def _come(house: House, invited: Invited) -> str:
    """Accept an invitation, and return the password."""
    assert invited.code is not None  # noqa: S101 - asked for the first time
    password = new_secret("")
    await accept_invitation(house, Acceptance("demo", invited.code, password))
    return password


def _identity_number() -> str:
    """Return the number of a resident who does not exist: a second demo player is another one."""
    begun = f"11010119880101{secrets.randbelow(1000):03}"
    return begun + ric.calc_check_digit(f"{begun}0")
