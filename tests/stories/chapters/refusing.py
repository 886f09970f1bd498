"""Refusals, told apart: L21."""

import asyncio
from datetime import timedelta

from tests.stories import documents as ask
from tests.stories.callers import Data, minor, yuan
from tests.stories.chapters.selling import deposit, grant
from tests.stories.telling import (
    PATIENCE_S,
    POLL_S,
    Telling,
    said,
)


async def refusals(story: Telling, draw_id: str) -> None:
    """Be refused for each reason; nothing moves."""
    story.teller.chapter("Refusals, told apart")

    async def refused(code: str, what: str, amount_minor: int = 5_00) -> Data:
        order = story.order(story.player, story.fresh(), (draw_id, amount_minor, None))
        return await story.refused(code, what, story.platform, ask.PURCHASE, **order)

    over = await refused("MANDATE_LIMIT_EXCEEDED", "More than a purchase may cost", 120_00)
    story.expect(minor(over["allowed"]), 100_00, "what the mandate still allows")
    mandate = await grant(story, story.player, 100_00, 75_00)
    over = await refused("MANDATE_LIMIT_EXCEEDED", "More than a day may cost", 80_00)
    left_minor = 75_00 - minor(mandate["usedToday"])
    story.expect(minor(over["allowed"]), left_minor, "what the day still allows")
    order = story.order(story.player, story.fresh(), (draw_id, 5_00, None))
    await story.refused(
        "AMOUNT_MISMATCH",
        "An amount that is not the sum of the stakes",
        story.platform,
        ask.PURCHASE,
        **{**order, "amount": yuan(6_00)},
    )
    await a_mandate_that_expires(story, draw_id)
    revoked = await story.done(
        "revokeMandate",
        story.player.caller,
        ask.REVOKE_MANDATE,
        idempotencyKey=story.fresh(),
        accountId=story.player.account_id,
        partnerId=story.platform_id,
    )
    story.teller.step("The player revokes the mandate", f"at {revoked['mandate']['revokedAt']}")
    await refused("MANDATE_MISSING", "An order after that")
    await grant(story, story.player, 250_00, 250_00)
    poor = await story.caller("platform", api_key=story.keys["platform"], language="zh-CN")
    order = story.order(story.rival, story.fresh(), (draw_id, 90_00, None))
    await grant(story, story.rival, 100_00, 200_00)
    answer = await story.refused(
        "INSUFFICIENT_FUNDS", "More than the rival has", poor, ask.PURCHASE, **order
    )
    story.expect(answer["message"], "可用余额不足", "the message in Chinese")
    await frozen_and_suspended(story, draw_id)


async def a_mandate_that_expires(story: Telling, draw_id: str) -> None:
    await grant(story, story.player, 100_00, 100_00, timedelta(seconds=1.5))
    # Over its limit, so that nothing is bought until the mandate has expired.
    async with asyncio.timeout(PATIENCE_S):
        while True:
            order = story.order(story.player, story.fresh(), (draw_id, 101_00, None))
            answer = await story.platform.do(ask.PURCHASE, **order)
            if answer["code"] != "MANDATE_LIMIT_EXCEEDED":
                break
            await asyncio.sleep(POLL_S)
    story.expect(answer["code"], "MANDATE_EXPIRED", "an order under an expired mandate")
    await story.check(story.player, "player")
    story.teller.step("An order when that has passed", said(answer))


async def frozen_and_suspended(story: Telling, draw_id: str) -> None:
    order = story.order(story.player, story.fresh(), (draw_id, 5_00, None))
    whose = {"accountId": story.player.account_id}
    frozen = await story.done(
        "freezeAccount",
        story.operator,
        ask.FREEZE_ACCOUNT,
        idempotencyKey=story.fresh(),
        **whose,
    )
    story.teller.step("The operator freezes the account", frozen["status"])
    blocked = await story.refused(
        "ACCOUNT_BLOCKED", "An order then", story.platform, ask.PURCHASE, **order
    )
    story.expect(blocked["status"], "FROZEN", "why it is blocked")
    await deposit(story, story.player, "player", 1_00)
    await story.done(
        "unfreezeAccount",
        story.operator,
        ask.UNFREEZE_ACCOUNT,
        idempotencyKey=story.fresh(),
        **whose,
    )
    await story.done(
        "suspendPartner",
        story.operator,
        ask.SUSPEND_PARTNER,
        idempotencyKey=story.fresh(),
        partnerId=story.platform_id,
    )
    try:
        await story.refused(
            "PARTNER_SUSPENDED",
            "The account is free again, but the platform is suspended",
            story.platform,
            ask.PURCHASE,
            **{**order, "idempotencyKey": story.fresh()},
        )
    finally:
        resumed = await story.done(
            "resumePartner",
            story.operator,
            ask.RESUME_PARTNER,
            idempotencyKey=story.fresh(),
            partnerId=story.platform_id,
        )
    story.teller.step("The operator lets the platform go on", resumed["partner"]["status"])
