"""Who there is, and an account: L1 and L3."""

import secrets

from tests.stories import documents as ask
from tests.stories.callers import Caller, Data, minor
from tests.stories.telling import Player, Telling

KINDS = {"platform": "SALES_PLATFORM", "centre": "LOTTERY_CENTRE"}


async def the_partners(story: Telling) -> None:
    """See that the keys are what they should be, and what is where at the beginning."""
    story.teller.chapter(f"The partners of {story.url}")
    callers: dict[str, Caller] = {}
    for name, kind in KINDS.items():
        callers[name] = await story.caller(name, api_key=story.keys[name])
        viewer = await callers[name].ask(ask.VIEWER)
        story.expect(viewer and viewer.get("kind"), kind, f"the kind of the {name}'s key")
        if name == "platform":
            story.platform_id = viewer["id"]
        story.books.begin(name, minor(viewer["balance"]))
        story.teller.step(
            f"The {name} says who it is",
            f"{viewer['name']}, {viewer['status']}, {viewer['balance']['formatted']}",
        )
    story.platform, story.centre = callers["platform"], callers["centre"]
    story.operator = await the_operator(story)
    story.platform_after = await story.here(story.platform)
    for purse in ("player", "rival"):
        story.books.begin(purse)
    for purse, held_minor in (await story.position()).items():
        story.books.begin(purse, held_minor)
    found = await story.operator.ask(ask.PARAMETERS)
    story.parameters = {each["name"]: int(each["value"]) for each in found}


async def the_operator(story: Telling) -> Caller:
    """Sign the operator in, and see what they may do."""
    nobody = await story.caller("nobody")
    who = {"email": story.keys["operator_email"], "password": story.keys["operator_password"]}
    wrong = await nobody.do(ask.SIGN_IN, **who)
    story.expect(wrong.get("code"), "SIGN_IN_FAILED", "an operator at the customers' door")
    signed_in = await story.done("signIn", nobody, ask.SIGN_IN, **who, **{"as": "OPERATOR"})
    operator = await story.caller("operator", token=signed_in["token"])
    viewer = await operator.ask(ask.VIEWER)
    story.expect(viewer["staffKind"], "OPERATOR", "what the operator is")
    story.teller.step(
        "The operator signs in, by a door of their own",
        f"{viewer['name']}, {viewer['standing']}: {', '.join(viewer['permissions'])}",
    )
    return operator


async def an_account(story: Telling) -> None:
    """Open accounts for the player and for a rival."""
    story.teller.chapter("An account")
    nobody = await story.caller("nobody")
    story.player = Player(
        await sign_up_and_in(story, nobody, "player"), "王小明", "+86 138 0000 0000"
    )
    opening = opening_of(story, story.player)
    opened = await story.done("openAccount", story.player.caller, ask.OPEN_ACCOUNT, **opening)
    account = opened["account"]
    story.player.account_id = account["id"]
    story.expect(account["profile"], story.player.profile, "the profile")
    story.expect(account["status"], "ACTIVE", "a new account's status")
    story.teller.step(
        "The player opens an account",
        f"{account['number']}, {account['status']}, {account['available']['formatted']}",
    )
    again = await story.done("openAccount", story.player.caller, ask.OPEN_ACCOUNT, **opening)
    story.expect(again["replayed"], wanted=True, what="the mark of a replay")
    story.expect(again["account"]["id"], account["id"], "the replayed account")
    story.teller.step("The same again, with the same key", "the first answer, marked a replay")
    await story.refused(
        "ACCOUNT_EXISTS",
        "A second account in CNY",
        story.player.caller,
        ask.OPEN_ACCOUNT,
        **{**opening, "idempotencyKey": story.fresh()},
    )
    newest = (await story.player.caller.ask(ask.NEWEST))["edges"][0]
    story.expect(newest["node"]["kind"], "ACCOUNT_OPENED", "the player's newest event")
    story.everything_after = newest["cursor"]
    story.everything = await story.follow(
        story.player.caller, ask.NOTIFICATIONS, after=newest["cursor"]
    )
    story.activity = await story.follow(
        story.player.caller,
        ask.ACCOUNT_ACTIVITY,
        after=newest["cursor"],
        accountId=story.player.account_id,
    )
    story.teller.step("The player subscribes to notifications", "two sockets are open")
    story.rival = Player(
        await sign_up_and_in(story, nobody, "rival"), "李小红", "+86 139 0000 0000"
    )
    opening = opening_of(story, story.rival)
    opened = await story.done("openAccount", story.rival.caller, ask.OPEN_ACCOUNT, **opening)
    story.rival.account_id = opened["account"]["id"]
    hidden = await story.rival.caller.ask(ask.ACCOUNT, id=story.player.account_id)
    story.expect(hidden, None, "what another player sees of the account")
    story.teller.step("Another player asks for the account", "there is no such account")


def opening_of(story: Telling, player: Player) -> Data:
    """Return the opening data of a player's account."""
    return {
        "idempotencyKey": story.fresh(),
        "currency": "CNY",
        "holderName": player.holder_name,
        "phone": player.phone,
        "identityKind": "RESIDENT_ID",
        "identityNumber": player.identity_number,
    }


async def sign_up_and_in(story: Telling, nobody: Caller, name: str) -> Caller:
    who = {"email": f"{name}-{story.run}@story.invalid", "password": secrets.token_urlsafe(16)}
    story.passwords[name] = who["password"]
    signed_up = await story.done("signUp", nobody, ask.SIGN_UP, idempotencyKey=story.fresh(), **who)
    story.teller.step(f"The {name} signs up", signed_up["customer"]["email"])
    wrong = await nobody.do(ask.SIGN_IN, **{**who, "password": "not this one"})
    story.expect(wrong.get("code"), "SIGN_IN_FAILED", "the answer to a wrong password")
    story.teller.step("… mistypes the password", f"{wrong['code']}: {wrong['message']}")
    signed_in = await story.done("signIn", nobody, ask.SIGN_IN, **who)
    story.teller.step("… and signs in", f"a token, good until {signed_in['expiresAt']}")
    return await story.caller(name, token=signed_in["token"])
