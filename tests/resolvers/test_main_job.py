"""The main job through the schema: from signing up to a prize that is told at once."""

from contextlib import aclosing

from graphql_schema.notifications import FEED
from graphql_schema.relay import NodeKind, cursor_of
from services.actors import NOBODY, Actor
from services.people.authenticate import authenticate_token
from tests.factories import a_centre, a_key, a_platform, an_operator, id_of
from tests.resolvers.asking import Coffer, cny, gid

ACCOUNT = """
    number currency openedAt status
    balance { amount currency formatted } available { amount } held { amount }
    profile { holderName identityNumber phone isReadable }
"""


async def signed_up(coffer: Coffer) -> Actor:
    email, password = "Ming@Example.com", "correct horse battery"
    up = await coffer.do(
        NOBODY, "signUp", "customer { id email signedUpAt }", email=email, password=password
    )
    assert up["customer"]["email"] == "ming@example.com"
    assert up["customer"]["signedUpAt"] == "2026-03-02T04:00:00Z"
    signed_in = await coffer.do(
        NOBODY, "signIn", "token expiresAt personId", email=email, password=password
    )
    assert signed_in["personId"] == up["customer"]["id"]
    return await authenticate_token(coffer.house.clock, signed_in["token"])


async def fill(coffer: Coffer, player: Actor, account_id: str) -> None:
    key = a_key()
    filled = [
        await coffer.do(
            player,
            "deposit",
            "available { amount } deposit { state } transaction { id }",
            idempotencyKey=key,
            accountId=account_id,
            amount=cny("1234.50"),
        )
        for _ in range(2)
    ]
    assert [answer.pop("replayed") for answer in filled] == [False, True]
    assert filled[0] == filled[1]
    assert filled[0]["available"] == {"amount": "1234.50"}
    assert filled[0]["deposit"] == {"state": "SETTLED"}


async def see_the_account(coffer: Coffer, player: Actor, account_id: str, payout_id: str) -> None:
    shown = await coffer.ask(
        player,
        f"""query ($id: ID!) {{ account(id: $id) {{ {ACCOUNT}
            transactions {{ edges {{ node {{ type number }} }} }}
            purchases {{ edges {{ node {{ reference tickets {{ serial
                winning {{ state }} }} }} }} }}
            payouts {{ edges {{ node {{ serial state payout {{ id }} draw {{ code }}
                ticket {{ numbers }} account {{ number }} }} }} }}
            mandates {{ edges {{ node {{ usedToday {{ amount }} }} }} }} }} }}""",
        id=account_id,
    )
    found = shown["account"]
    assert found["balance"] == {
        "amount": "17230.50",
        "currency": "CNY",
        "formatted": "¥17,230.50",
    }
    kinds = [edge["node"]["type"] for edge in found["transactions"]["edges"]]
    assert kinds == ["PAYOUT", "PURCHASE", "DEPOSIT"]
    (purchase,) = [edge["node"] for edge in found["purchases"]["edges"]]
    won = {ticket["serial"]: ticket["winning"] for ticket in purchase["tickets"]}
    assert won == {"S-1": {"state": "PAID"}, "S-2": None}
    (payout,) = [edge["node"] for edge in found["payouts"]["edges"]]
    assert payout == {
        "serial": "S-1",
        "state": "PAID",
        "payout": {"id": payout_id},
        "draw": {"code": "2026001"},
        "ticket": {"numbers": "01 02 03"},
        "account": {"number": found["number"]},
    }
    assert found["mandates"]["edges"][0]["node"] == {"usedToday": {"amount": "4.00"}}


async def test_a_player_opens_fills_buys_wins_and_is_told(coffer: Coffer) -> None:
    player = await signed_up(coffer)
    platform, centre = await a_platform(coffer.house, "Lucky"), await a_centre(coffer.house)
    viewer = await coffer.ask(player, "{ viewer { ... on Customer { email accounts { id } } } }")
    assert viewer == {"viewer": {"email": "ming@example.com", "accounts": []}}

    opened = await coffer.do(
        player,
        "openAccount",
        f"available {{ amount }} account {{ id {ACCOUNT} }}",
        currency="CNY",
        holderName="Ming Li",
        phone="+86 138 0000 0000",
        identityKind="RESIDENT_ID",
        identityNumber="11010119900307123３",
    )
    account = opened["account"]
    assert opened["available"] == {"amount": "0.00"}
    assert account["profile"] == {
        "holderName": "M*****i",
        "identityNumber": "1101**********1233",
        "phone": "+86138****0000",
        "isReadable": True,
    }
    assert account["status"] == "ACTIVE"

    await fill(coffer, player, account["id"])
    funded = await coffer.do(centre, "fundPrizePool", "balance { amount }", amount=cny("50000"))
    assert funded["balance"] == {"amount": "50000.00"}
    draw = (
        await coffer.do(
            centre,
            "openDraw",
            "draw { id state salesCloseAt centre { name } }",
            game="Double Colour Ball",
            code="2026001",
            currency="CNY",
            salesCloseAt="2026-03-03T12:00:00+08:00",
        )
    )["draw"]
    assert (draw["state"], draw["salesCloseAt"]) == ("OPEN", "2026-03-03T04:00:00Z")

    granted = await coffer.do(
        player,
        "grantMandate",
        "mandate { limitPerDay { amount } usedToday { amount } partner { name } accountId }",
        accountId=account["id"],
        partnerId=gid(NodeKind.PARTNER, id_of(platform)),
        limitPerPurchase=cny("100"),
        limitPerDay=cny("200"),
        expiresAt="2027-01-01T00:00:00Z",
    )
    assert granted["mandate"] == {
        "limitPerDay": {"amount": "200.00"},
        "usedToday": {"amount": "0.00"},
        "partner": {"name": "Lucky"},
        "accountId": account["id"],
    }

    bought = await coffer.do(
        platform,
        "purchase",
        """transaction { id type state reference amount { amount } balanceAfter { amount }
           account { id } accountId tickets { serial } }
           tickets { id serial state numbers stake { amount } draw { code } }""",
        accountId=account["id"],
        reference="order-1",
        amount=cny("4.00"),
        tickets=[
            {"drawId": draw["id"], "numbers": "01 02 03", "stake": cny("2"), "serial": "S-1"},
            {"drawId": draw["id"], "numbers": "04 05 06", "stake": cny("2.00")},
        ],
    )
    assert bought["transaction"] == {
        "id": bought["transaction"]["id"],
        "type": "PURCHASE",
        "state": "PENDING",
        "reference": "order-1",
        "amount": {"amount": "-4.00"},
        "balanceAfter": None,
        "account": None,
        "accountId": account["id"],
        "tickets": [{"serial": "S-1"}, {"serial": None}],
    }
    assert [ticket["state"] for ticket in bought["tickets"]] == ["CONFIRMED", "UNCONFIRMED"]
    assert bought["tickets"][0]["draw"] == {"code": "2026001"}

    confirmed = await coffer.do(
        platform,
        "confirmTickets",
        "transaction { state } tickets { serial state }",
        purchaseId=bought["transaction"]["id"],
        tickets=[{"ticketId": bought["tickets"][1]["id"], "serial": "S-2"}],
    )
    assert confirmed["transaction"] == {"state": "COMPLETED"}
    assert confirmed["tickets"] == [{"serial": "S-2", "state": "CONFIRMED"}]

    closed = await coffer.do(centre, "closeDraw", "draw { state }", drawId=draw["id"])
    assert closed["draw"] == {"state": "CLOSED"}
    uploaded = await coffer.do(
        centre,
        "uploadWinningTickets",
        "draw { state claimsCloseAt } results { serial accepted problem }",
        drawId=draw["id"],
        tickets=[
            {"serial": "S-1", "prize": cny("20000")},
            {"serial": "S-9", "prize": cny("5")},
        ],
        publish=True,
    )
    assert uploaded["draw"]["state"] == "PUBLISHED"
    assert uploaded["results"] == [
        {"serial": "S-1", "accepted": True, "problem": None},
        {"serial": "S-9", "accepted": False, "problem": "UNKNOWN_SERIAL"},
    ]
    claimed = await coffer.do(
        player,
        "claimPrize",
        """available { amount } transaction { id type }
           winningTicket { net { amount } tax { amount } }""",
        accountId=account["id"],
        drawId=draw["id"],
        serial="S-1",
    )
    assert claimed["winningTicket"] == {
        "net": {"amount": "16000.00"},
        "tax": {"amount": "4000.00"},
    }
    assert claimed["available"] == {"amount": "17230.50"}
    query = """subscription ($after: String) { prizeNotifications(after: $after) {
        __typename ... on PrizeEvent {
        id kind at cursor amount { amount } tax { amount } serial draw { code }
        transaction { balanceAfter { amount } }
        winningTicket { state prize { amount } net { formatted } } } } }"""
    beginning = cursor_of(FEED, 0)
    async with aclosing(coffer.follow(player, query, after=beginning)) as told:
        answer = await anext(told)
    event = answer["data"]["prizeNotifications"]
    assert event["__typename"] == "PrizeEvent"
    assert (event["amount"], event["tax"]) == ({"amount": "16000.00"}, {"amount": "4000.00"})
    assert (event["serial"], event["draw"]) == ("S-1", {"code": "2026001"})
    assert event["transaction"] == {"balanceAfter": {"amount": "17230.50"}}
    assert event["winningTicket"] == {
        "state": "PAID",
        "prize": {"amount": "20000.00"},
        "net": {"formatted": "¥16,000.00"},
    }
    await see_the_account(coffer, player, account["id"], claimed["transaction"]["id"])


async def test_an_operator_freezes_pays_proves_and_sets_parameters(coffer: Coffer) -> None:
    house = coffer.house
    operator = await an_operator(house)
    platform = await a_platform(house)
    frozen = await coffer.do(
        operator,
        "suspendPartner",
        "partner { status }",
        partnerId=gid(NodeKind.PARTNER, id_of(platform)),
    )
    assert frozen["partner"] == {"status": "SUSPENDED"}
    resumed = await coffer.do(
        operator,
        "resumePartner",
        "partner { status }",
        partnerId=gid(NodeKind.PARTNER, id_of(platform)),
    )
    assert resumed["partner"] == {"status": "ACTIVE"}
    changed = await coffer.do(
        operator,
        "setParameter",
        "parameter { name value default }",
        name="PRIZE_CLAIM_DAYS",
        value="30",
    )
    assert changed["parameter"] == {"name": "PRIZE_CLAIM_DAYS", "value": "30", "default": "60"}
    refused = await coffer.do(operator, "setParameter", name="PRIZE_CLAIM_DAYS", value="-1")
    assert refused["code"] == "PARAMETER_OUT_OF_RANGE"
    data = await coffer.ask(
        operator,
        """{ parameters { name value }
             ledgerCheck { isSound wallets differenceCount differences { rule } }
             ledgerPosition { currency isBalanced atBank { amount } } }""",
    )
    assert {"name": "PRIZE_CLAIM_DAYS", "value": "30"} in data["parameters"]
    assert data["ledgerCheck"]["isSound"]
    assert data["ledgerCheck"]["differences"] == []
    assert all(each["isBalanced"] for each in data["ledgerPosition"])
