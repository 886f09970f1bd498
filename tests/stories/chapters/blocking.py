"""An account that is lost: L4."""

from tests.stories import documents as ask
from tests.stories.chapters.selling import deposit
from tests.stories.telling import Telling


async def a_loss(story: Telling, draw_id: str) -> None:
    """Report the player's account lost, see what it stops and what not, and have it lifted."""
    story.teller.chapter("An account that is lost")
    bought = story.order(story.player, story.fresh(), (draw_id, 4_00, None))
    paid = await story.done("purchase", story.platform, ask.PURCHASE, **bought)
    story.books.move("player", "platform", 4_00)
    whose = {"accountId": story.player.account_id}
    reported = await story.done(
        "reportLost",
        story.player.caller,
        ask.REPORT_LOST,
        idempotencyKey=story.fresh(),
        **whose,
    )
    story.expect(reported["status"], "LOST", "the status")
    story.teller.step("The player reports the account lost, signed in and no more", "LOST")
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
    wrong = await story.refused(
        "REASON_NEEDED",
        "An operator lifts the report without a word",
        story.operator,
        ask.LIFT_LOST_REPORT,
        idempotencyKey=story.fresh(),
        **whose,
    )
    story.expect(wrong["path"], ["reason"], "what is missing")
    lifted = await story.done(
        "liftLostReport",
        story.operator,
        ask.LIFT_LOST_REPORT,
        idempotencyKey=story.fresh(),
        reason="the holder came with the identity card",
        **whose,
    )
    story.expect(lifted["status"], "ACTIVE", "the status")
    story.teller.step("… and after checking documents, with the reason", "ACTIVE")


async def blocked(story: Telling, draw_id: str, status: str) -> None:
    """See that the platform's order is refused, and why."""
    order = story.order(story.player, story.fresh(), (draw_id, 5_00, None))
    answer = await story.refused(
        "ACCOUNT_BLOCKED", "An order then", story.platform, ask.PURCHASE, **order
    )
    story.expect(answer["status"], status, "why it is blocked")
