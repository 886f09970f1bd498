"""Setting the stage over GraphQL: partners, players with accounts, cards and mandates, one draw."""

import asyncio

from stdnum import luhn

from tests.residents import identity_number
from tests.stories.coffer import Coffer
from tests.torture import documents
from tests.torture.clients import Caller, Cast, Player
from tests.torture.wire import Data, Wire, amount, global_id, row_id

LAST_FEED = """
query { feed(first: 1, newestFirst: true) { edges { node { cursor } } } }
"""

PIN = "270415"
POOL_MINOR = 50_000_000_00
"""What the prize pool has from the beginning: more than all prizes of a run."""

PARAMETERS = {"STEP_UP_S": 3600, "TICKET_CONFIRMATION_S": 86_400}
"""What is longer than in a house that nobody torments, so that nothing runs out in a run."""


async def set_stage(coffer: Coffer, players: int) -> Cast:
    """Make everybody; the server runs."""
    partners = {}
    for kind in ("sales-platform", "lottery-centre"):
        partner_id, api_key = await asyncio.to_thread(coffer.create_partner, kind, kind)
        partners[kind] = (partner_id, Caller(f"partner:{partner_id}", {"x-api-key": api_key}))
    platform_id, platform = partners["sales-platform"]
    centre_id, centre = partners["lottery-centre"]
    operator = await _operator(coffer)
    for name, value in PARAMETERS.items():
        await _done(coffer, operator.headers, documents.SET_PARAMETER, name=name, value=str(value))
    await _done(
        coffer,
        centre.headers,
        documents.FUND,
        idempotencyKey="stage",
        amount=amount(POOL_MINOR),
    )
    opened = await _done(
        coffer,
        centre.headers,
        documents.OPEN_DRAW,
        idempotencyKey="stage",
        game="torture",
        code="first",
        currency="CNY",
        salesCloseAt="2099-01-01T00:00:00Z",
    )
    made = [_player(coffer, number, platform_id) for number in range(players)]
    return Cast(
        platform=platform,
        platform_id=platform_id,
        centre=centre,
        centre_id=centre_id,
        operator=operator,
        players=tuple(await asyncio.gather(*made)),
        draw_id=row_id(opened["draw"]["id"]),
    )


async def listen_by_webhook(coffer: Coffer, caller: Caller, url: str) -> str:
    """Have a partner told everything at an address from now on; return what it is signed with."""
    given = {"idempotencyKey": "stage", "url": url}
    made = await _done(coffer, caller.headers, documents.CREATE_WEBHOOK, **given)
    secret: str = made["secret"]
    return secret


async def last_cursor(coffer: Coffer, caller: Caller) -> str:
    """Return where the feed stands for somebody who has heard something already."""
    wire = Wire(coffer.port, caller.headers)
    feed = await wire.ask_until_answered(LAST_FEED, {})
    wire.close()
    cursor: str = feed["edges"][0]["node"]["cursor"]
    return cursor


async def _operator(coffer: Coffer) -> Caller:
    email = "operator@torture.invalid"
    member_id, password = await asyncio.to_thread(
        coffer.create_member, "create-administrator", email
    )
    who = {"email": email, "password": password, "as": "OPERATOR"}
    signed_in = await _done(coffer, {}, documents.SIGN_IN, **who)
    headers = {"authorization": f"Bearer {signed_in['token']}"}
    return Caller(f"operator:{member_id}", headers)


async def _player(coffer: Coffer, number: int, platform_id: str) -> Player:
    password = "correct horse battery"
    who = {"email": f"player{number}@torture.invalid", "password": password}
    signed_up = await _done(coffer, {}, documents.SIGN_UP, idempotencyKey="stage", **who)
    signed_in = await _done(coffer, {}, documents.SIGN_IN, **who)
    headers = {"authorization": f"Bearer {signed_in['token']}"}
    opened = await _done(
        coffer,
        headers,
        documents.OPEN_ACCOUNT,
        idempotencyKey="stage",
        currency="CNY",
        holderName=f"Player {number}",
        phone="+8613800000000",
        identityKind="RESIDENT_ID",
        identityNumber=identity_number(number),
    )
    await _done(
        coffer,
        headers,
        documents.GRANT_MANDATE,
        idempotencyKey="stage",
        accountId=opened["account"]["id"],
        partnerId=global_id("Partner", platform_id),
        limitPerPurchase=amount(1_000_000_00),
        limitPerDay=amount(1_000_000_00),
        expiresAt="2099-01-01T00:00:00Z",
    )
    await _done(
        coffer,
        headers,
        documents.SET_PIN,
        idempotencyKey="stage",
        password=password,
        pin=PIN,
    )
    await _done(coffer, headers, documents.STEP_UP, pin=PIN)
    bound = await _done(
        coffer,
        headers,
        documents.BIND_CARD,
        idempotencyKey="stage",
        number=_card_number(number),
        holderName=f"Player {number}",
    )
    customer_id = row_id(signed_up["customer"]["id"])
    return Player(
        caller=Caller(f"customer:{customer_id}", headers),
        customer_id=customer_id,
        account_id=row_id(opened["account"]["id"]),
        card_node_id=bound["card"]["id"],
    )


def _card_number(number: int) -> str:
    body = f"62220{number:010}"
    return body + str(luhn.calc_check_digit(body))


async def _done(coffer: Coffer, headers: dict[str, str], document: str, **given: object) -> Data:
    """Ask on an idle, healthy server: anything but success is a fault."""
    wire = Wire(coffer.port, headers)
    answer: Data = await wire.ask_until_answered(document, {"input": given})
    wire.close()
    assert answer["__typename"].endswith("Success"), answer
    return answer
