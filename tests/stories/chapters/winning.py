"""Winning tickets, prizes, being told at once, and what comes too late: L22 and L23."""

import asyncio
import time
from collections.abc import Mapping

from tests.stories import documents as ask
from tests.stories.callers import Listener, minor
from tests.stories.chapters.selling import bought_by, open_draw
from tests.stories.telling import (
    AT_ONCE_S,
    PATIENCE_S,
    POLL_S,
    Telling,
    Unexpected,
)


async def the_winners(story: Telling, draw_id: str) -> None:
    """Close the draw, and upload and publish its winning tickets."""
    story.teller.chapter("The winning tickets")
    prizes = {"S1": 5_000_00, "S3": 12_000_00}
    await story.refused(
        "DRAW_NOT_CLOSED",
        "The centre uploads winners of an open draw",
        story.centre,
        ask.UPLOAD_WINNING_TICKETS,
        **story.upload(draw_id, prizes),
    )
    closed = await story.done(
        "closeDraw",
        story.centre,
        ask.CLOSE_DRAW,
        idempotencyKey=story.fresh(),
        drawId=draw_id,
    )
    story.teller.step("The centre closes the draw", closed["draw"]["state"])
    order = story.order(story.player, story.fresh(), (draw_id, 5_00, "S9"))
    await story.refused("DRAW_CLOSED", "An order then", story.platform, ask.PURCHASE, **order)
    await uploaded(story, draw_id, prizes, [None, None])
    await story.refused(
        "DRAW_NOT_PUBLISHED",
        "A payout before the winners are published",
        story.operator,
        ask.PAYOUT,
        **story.prize(draw_id, "S1", 5_000_00),
    )
    await uploaded(
        story,
        draw_id,
        {"S1": 1_00, "S7": 1_00, "NONE": 1_00, "S4": 50_00, "S5": 6_00, "R1": 100_00},
        ["SERIAL_USED", "TICKET_REFUNDED", "UNKNOWN_SERIAL", None, None, None],
    )
    published = await story.done(
        "uploadWinningTickets",
        story.centre,
        ask.UPLOAD_WINNING_TICKETS,
        **story.upload(draw_id, {}, publish=True),
    )
    story.teller.step(
        "The centre publishes them",
        f"{published['draw']['state']}, claims until {published['draw']['claimsCloseAt']}",
    )
    await story.refused(
        "DRAW_PUBLISHED",
        "… and brings one more",
        story.centre,
        ask.UPLOAD_WINNING_TICKETS,
        **story.upload(draw_id, {"S2": 1_00}),
    )


async def uploaded(
    story: Telling, draw_id: str, prizes: Mapping[str, int], problems: list[str | None]
) -> None:
    answer = await story.done(
        "uploadWinningTickets",
        story.centre,
        ask.UPLOAD_WINNING_TICKETS,
        **story.upload(draw_id, prizes),
    )
    story.expect([row["problem"] for row in answer["results"]], problems, "each row's result")
    rows = zip(prizes, answer["results"], strict=True)
    told = ", ".join(f"{name} {row['problem'] or 'accepted'}" for name, row in rows)
    story.teller.step("The centre uploads winning tickets", told)


async def prizes(story: Telling, draw_id: str) -> None:
    """Pay, claim and pay the rest; the player is told at once and misses nothing."""
    story.teller.chapter("Prizes")
    player, rival = story.player.caller, story.rival.caller
    after = await story.here(player)
    steady = await story.follow(player, ask.PRIZE_NOTIFICATIONS, after=after)
    leaving = await story.follow(player, ask.PRIZE_NOTIFICATIONS, after=after)
    alerts = await story.follow(
        story.operator, ask.THRESHOLD_ALERTS, after=await story.here(story.operator)
    )
    others = await story.follow(rival, ask.PRIZE_NOTIFICATIONS, after=await story.here(rival))
    story.teller.step("The player subscribes to prizes, from two places", "waiting")
    await refusals_of_prizes(story, draw_id)
    await story.in_force()
    prize = story.prize(draw_id, "S1", 5_000_00)
    paid = await story.done("payout", story.operator, ask.PAYOUT, **prize)
    paid_at_s = time.monotonic()
    net_minor = story.win("player", 5_000_00)
    story.expect(minor(paid["transaction"]["amount"]), net_minor, "the prize less tax")
    for listener in (steady, leaving):
        told = await listener.next(PATIENCE_S)
        story.expect(told["serial"], story.serial("S1"), "the prize that was told")
        story.expect(minor(told["amount"]), net_minor, "the amount that was told")
    took_s = max(steady.heard_at_s[0], leaving.heard_at_s[0]) - paid_at_s
    if took_s > AT_ONCE_S:
        raise Unexpected(f"the prize was told after {took_s:.2f} s")
    story.teller.step(
        "The operator pays ticket S1",
        f"the player is told of {steady.heard[0]['amount']['formatted']}, "
        f"{max(took_s, 0) * 1000:.0f} ms after the operator has the answer",
    )
    await story.check(story.player, "player")
    again = await story.done("payout", story.operator, ask.PAYOUT, **prize)
    story.expect(again["replayed"], wanted=True, what="the mark of a replay")
    used = await story.refused(
        "PAID_ALREADY",
        "The operator pays it again, with a new key",
        story.operator,
        ask.PAYOUT,
        **{**prize, "idempotencyKey": story.fresh()},
    )
    story.expect(used["payout"]["id"], paid["transaction"]["id"], "the payout meant")
    alert = await alerts.next()
    story.expect(minor(alert["balance"]), story.books["centre"], "the alert's balance")
    story.teller.step(
        "The operator hears an alert",
        f"{alert['name']}: the pool holds {alert['balance']['formatted']}, "
        f"less than {alert['threshold']['formatted']}",
    )
    await leaving.close()
    story.teller.step("One of the player's sockets closes", f"after {len(leaving.heard)} event")
    await claimed(story, draw_id)
    await paid_as_a_whole(story, draw_id)
    await resumed(story, steady, leaving)
    story.expect((await others.next())["serial"], story.serial("R1"), "what the rival was told")
    story.expect(len(others.heard), 1, "how many prizes the rival was told of")
    story.expect(len(alerts.heard), 1, "how many alerts there were")


async def refusals_of_prizes(story: Telling, draw_id: str) -> None:
    for code, what, prize in (
        (
            "AMOUNT_MISMATCH",
            "The operator pays another amount",
            story.prize(draw_id, "S1", 5_000_01),
        ),
        (
            "NOT_WINNING_TICKET",
            "… a ticket that did not win",
            story.prize(draw_id, "S2", 5_000_00),
        ),
        (
            "NOT_WINNING_TICKET",
            "… to another account",
            story.prize(draw_id, "S1", 5_000_00) | {"accountId": story.rival.account_id},
        ),
    ):
        await story.refused(code, what, story.operator, ask.PAYOUT, **prize)
    await story.check(story.rival, "rival")


async def claimed(story: Telling, draw_id: str) -> None:
    claim = story.prize(draw_id, "S3")
    await story.refused(
        "NOT_WINNING_TICKET",
        "The rival claims the player's ticket",
        story.rival.caller,
        ask.CLAIM_PRIZE,
        **{**claim, "accountId": story.rival.account_id},
    )
    claimed = await story.done("claimPrize", story.player.caller, ask.CLAIM_PRIZE, **claim)
    net_minor = story.win("player", 12_000_00)
    story.expect(minor(claimed["transaction"]["amount"]), net_minor, "the prize less tax")
    story.expect(minor(claimed["available"]), story.books["player"], "available after it")
    winning = claimed["winningTicket"]
    story.teller.step(
        "The player claims ticket S3",
        f"{winning['prize']['formatted']} less tax {winning['tax']['formatted']}: "
        f"{winning['net']['formatted']}",
    )


async def paid_as_a_whole(story: Telling, draw_id: str) -> None:
    pay = {"idempotencyKey": story.fresh(), "drawId": draw_id}
    run = (await story.done("payDraw", story.operator, ask.PAY_DRAW, **pay))["payoutRun"]
    story.expect(run["total"], 5, "how many tickets won")
    async with asyncio.timeout(PATIENCE_S):
        while run["state"] != "DONE":
            await asyncio.sleep(POLL_S)
            run = await story.operator.ask(ask.PAYOUT_RUN, id=run["id"])
    story.expect((run["paid"], run["refused"]), (5, 0), "what became of them")
    for purse, prize_minor in (("player", 50_00), ("player", 6_00), ("rival", 100_00)):
        story.win(purse, prize_minor)
    await story.check(story.player, "player")
    await story.check(story.rival, "rival")
    story.teller.step(
        "The operator has the rest of the draw paid",
        f"{run['state']}: {run['paid']} of {run['total']} are paid",
    )


async def resumed(story: Telling, steady: Listener, leaving: Listener) -> None:
    while len(steady.heard) < 4:  # a payout, a claim, two of the draw
        await steady.next()
    resumed = await story.follow(story.player.caller, ask.PRIZE_NOTIFICATIONS, after=leaving.cursor)
    while len(resumed.heard) < 3:  # all but the first
        await resumed.next()
    story.expect(
        leaving.heard + resumed.heard, steady.heard, "what was heard across the disconnection"
    )
    serials = {event["serial"] for event in steady.heard}
    story.expect(serials, {story.serial(s) for s in ("S1", "S3", "S4", "S5")}, "the prizes told")
    story.teller.step(
        "The player's other socket comes back with `after`",
        f"{len(resumed.heard)} events in order, none missing, none twice",
    )


async def too_late(story: Telling) -> None:
    """Let a ticket and a prize come to their end; the stake comes back, the prize does not."""
    story.teller.chapter("Too late")
    draw_id = await open_draw(story, "B")
    await bought_by(story, "player", story.order(story.player, "9", (draw_id, 7_00, "X1")))
    await story.set("TICKET_CONFIRMATION_S", 1)
    await story.set("PRIZE_CLAIM_DAYS", 0)
    await story.in_force()
    bought = await bought_by(
        story,
        "player",
        story.order(story.player, "10", (draw_id, 4_00, "X2"), (draw_id, 3_00, None)),
    )
    purchase_id = bought["transaction"]["id"]
    while True:
        event = await story.activity.until("REFUND", PATIENCE_S)
        if minor(event["transaction"]["amount"]) == 3_00:
            break
    story.books.move("platform", "player", 3_00)
    await story.check(story.player, "player")
    story.teller.step(
        "A ticket is not confirmed in time",
        f"{event['transaction']['amount']['formatted']} came back by itself",
    )
    purchase = await story.platform.ask(ask.TRANSACTION, id=purchase_id)
    states = sorted(ticket["state"] for ticket in purchase["tickets"])
    story.expect(
        (purchase["state"], states),
        ("PARTLY_REFUNDED", ["CONFIRMED", "REFUNDED"]),
        "the purchase then",
    )
    story.note(purchase, 7_00, "PARTLY_REFUNDED")
    late = next(ticket for ticket in bought["tickets"] if ticket["serial"] is None)
    await story.refused(
        "TICKET_REFUNDED",
        "The platform confirms it now",
        story.platform,
        ask.CONFIRM_TICKETS,
        idempotencyKey=story.fresh(),
        purchaseId=purchase_id,
        tickets=[{"ticketId": late["id"], "serial": story.serial("X3")}],
    )
    await story.done(
        "closeDraw", story.centre, ask.CLOSE_DRAW, idempotencyKey=story.fresh(), drawId=draw_id
    )
    await story.done(
        "uploadWinningTickets",
        story.centre,
        ask.UPLOAD_WINNING_TICKETS,
        **story.upload(draw_id, {"X1": 20_00}, publish=True),
    )
    prize = story.prize(draw_id, "X1", 20_00)
    await story.refused(
        "PRIZE_EXPIRED", "The operator pays too late", story.operator, ask.PAYOUT, **prize
    )
    await story.refused(
        "PRIZE_EXPIRED",
        "The player claims too late",
        story.player.caller,
        ask.CLAIM_PRIZE,
        **story.prize(draw_id, "X1"),
    )
