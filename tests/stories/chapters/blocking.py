"""An account that is lost, and one that is frozen: L4 and L5."""

import secrets

from stdnum import luhn

from tests.stories import documents as ask
from tests.stories.callers import Caller, yuan
from tests.stories.chapters.selling import deposit
from tests.stories.telling import Telling

PIN = "739154"


async def a_loss(story: Telling, draw_id: str) -> None:
    """Report the player's account lost, see what it stops and what not, and have it lifted."""
    story.teller.chapter("An account that is lost")
    bought = story.order(story.player, story.fresh(), (draw_id, 4_00, None))
    paid = await story.done("purchase", story.platform, ask.PURCHASE, **bought)
    story.books.move("player", "platform", 4_00)
    await report(story, story.player.caller, "signed in and no more")
    await blocked(story, draw_id, "LOST")
    await deposit(story, story.player, "player", 1_00)
    refunded = await story.done(
        "refundPurchase",
        story.platform,
        ask.REFUND_PURCHASE,
        idempotencyKey=story.fresh(),
        purchaseId=paid["transaction"]["id"],
        reason="the platform takes it back",
    )
    story.books.move("platform", "player", 4_00)
    story.note(paid["transaction"], 4_00, "REFUNDED")
    story.teller.step(
        "… while the platform's refund arrives", refunded["transaction"]["amount"]["formatted"]
    )
    await story.check(story.player, "player")
    number = {"identityNumber": story.player.identity_number}
    await refused_lift(story, story.operator, "REASON_NEEDED", "An operator lifts it wordlessly")
    await refused_lift(story, story.player.caller, "STEP_UP_REQUIRED", "The player does", **number)
    await step_up(story)
    await refused_lift(
        story,
        story.player.caller,
        "IDENTITY_MISMATCH",
        "… and with the PIN, but another's document",
        identityNumber=story.rival.identity_number,
    )
    await lift(story, story.player.caller, "The player lifts it, with PIN and document", **number)
    await bind_card(story)
    await report(story, story.operator, "for a caller who has lost the phone")
    await blocked(story, draw_id, "LOST")
    await lift(story, story.operator, "… and lifts it", reason="came with the identity card")


async def a_freeze(story: Telling, draw_id: str) -> None:
    """Freeze the player's account from either side, and see who may lift it."""
    story.teller.chapter("An account that is frozen")
    sides = {"player": story.player.caller, "operator": story.operator}
    for mine, other, code in (
        ("player", "operator", "FROZEN_BY_HOLDER"),
        ("operator", "player", "FROZEN_BY_OPERATOR"),
    ):
        await freeze(story, sides[mine], f"The {mine} freezes the account")
        await blocked(story, draw_id, "FROZEN")
        await deposit(story, story.player, "player", 1_00)
        await story.refused(
            code,
            f"The {other} would lift it",
            sides[other],
            ask.UNFREEZE_ACCOUNT,
            **whose(story),
        )
        await blocked(story, draw_id, "FROZEN")
        status = await unfreeze(story, sides[mine])
        story.expect(status, "ACTIVE", "the status")
        story.teller.step(f"The {mine} lifts it", status)
    await freeze(story, story.player.caller, "Both freeze it: the player")
    await freeze(story, story.operator, "… and the operator")
    story.expect(await unfreeze(story, story.player.caller), "FROZEN", "the status")
    await blocked(story, draw_id, "FROZEN")
    story.expect(await unfreeze(story, story.operator), "ACTIVE", "the status")
    story.teller.step("… and each lifts their own", "ACTIVE when none stands")


async def step_up(story: Telling) -> None:
    """Let the player set a PIN, and prove with it who they are."""
    await story.done(
        "setPaymentPin",
        story.player.caller,
        ask.SET_PAYMENT_PIN,
        idempotencyKey=story.fresh(),
        password=story.passwords["player"],
        pin=PIN,
    )
    stepped_up = await story.done("stepUp", story.player.caller, ask.STEP_UP, pin=PIN)
    story.teller.step("The player sets a PIN and steps up", str(stepped_up["__typename"]))


def whose(story: Telling) -> dict[str, str]:
    """Return the input of anything about the player's account."""
    return {"idempotencyKey": story.fresh(), "accountId": story.player.account_id}


async def report(story: Telling, caller: Caller, how: str) -> None:
    answer = await story.done("reportLost", caller, ask.REPORT_LOST, **whose(story))
    story.expect(answer["status"], "LOST", "the status")
    story.teller.step(f"The {caller.name} reports the account lost, {how}", "LOST")


async def lift(story: Telling, caller: Caller, what: str, **given: str) -> None:
    answer = await story.done(
        "liftLostReport", caller, ask.LIFT_LOST_REPORT, **whose(story), **given
    )
    story.expect(answer["status"], "ACTIVE", "the status")
    story.teller.step(what, "ACTIVE")


async def refused_lift(story: Telling, caller: Caller, code: str, what: str, **given: str) -> None:
    await story.refused(code, what, caller, ask.LIFT_LOST_REPORT, **whose(story), **given)


async def freeze(story: Telling, caller: Caller, what: str) -> None:
    answer = await story.done("freezeAccount", caller, ask.FREEZE_ACCOUNT, **whose(story))
    story.expect(answer["status"], "FROZEN", "the status")
    story.teller.step(what, "FROZEN")


async def unfreeze(story: Telling, caller: Caller) -> str:
    answer = await story.done("unfreezeAccount", caller, ask.UNFREEZE_ACCOUNT, **whose(story))
    return str(answer["status"])


async def blocked(story: Telling, draw_id: str, status: str) -> None:
    """See that the platform's order is refused, and why."""
    order = story.order(story.player, story.fresh(), (draw_id, 5_00, None))
    answer = await story.refused(
        "ACCOUNT_BLOCKED", "An order then", story.platform, ask.PURCHASE, **order
    )
    story.expect(answer["status"], status, "why it is blocked")
    if story.card_id:
        await story.refused(
            "ACCOUNT_BLOCKED",
            "… and the player's withdrawal",
            story.player.caller,
            ask.REQUEST_WITHDRAWAL,
            **whose(story),
            cardId=story.card_id,
            amount=yuan(1_00),
        )


async def bind_card(story: Telling) -> None:
    """Let the player bind a card of their own."""
    number = f"622200{secrets.randbelow(10**9):09}"
    bound = await story.done(
        "bindCard",
        story.player.caller,
        ask.BIND_CARD,
        idempotencyKey=story.fresh(),
        number=number + luhn.calc_check_digit(number),
        holderName=story.player.holder_name,
    )
    story.card_id = bound["card"]["id"]
    story.teller.step("The player binds a bank card", f"…{bound['card']['lastFour']}")
