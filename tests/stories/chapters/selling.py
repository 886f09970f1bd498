"""A draw, a mandate, money, purchases, and serials that come later: L2 and L21."""

from datetime import timedelta

from tests.stories import documents as ask
from tests.stories.callers import Data, minor, yuan
from tests.stories.telling import Player, Telling, in_


async def a_draw(story: Telling) -> str:
    """Fund the pool and open a draw; return its id."""
    story.teller.chapter("A draw")
    fund = {"idempotencyKey": story.fresh(), "amount": yuan(30_000_00)}
    funded = await story.done("fundPrizePool", story.centre, ask.FUND_PRIZE_POOL, **fund)
    again = await story.done("fundPrizePool", story.centre, ask.FUND_PRIZE_POOL, **fund)
    story.expect(again, funded | {"replayed": True}, "the answer to a repeated funding")
    story.books.move("bank", "centre", 30_000_00)
    story.expect(minor(funded["balance"]), story.books["centre"], "the prize pool")
    story.teller.step(
        "The lottery centre funds its pool, twice with one key", funded["balance"]["formatted"]
    )
    # The first big prize will take the pool below this.
    await story.set("PRIZE_POOL_THRESHOLD_MINOR", story.books["centre"] - 1_000_00)
    return await open_draw(story, "A")


async def open_draw(story: Telling, code: str) -> str:
    """Open a draw, once; return its id."""
    draw = {
        "game": "双色球",
        "code": f"{story.run}-{code}",
        "currency": "CNY",
        "salesCloseAt": in_(timedelta(days=2)),
    }
    opened = await story.done(
        "openDraw", story.centre, ask.OPEN_DRAW, idempotencyKey=story.fresh(), **draw
    )
    story.teller.step(f"The centre opens draw {draw['code']}", opened["draw"]["state"])
    await story.refused(
        "DRAW_EXISTS",
        "… and once more",
        story.centre,
        ask.OPEN_DRAW,
        idempotencyKey=story.fresh(),
        **draw,
    )
    draw_id: str = opened["draw"]["id"]
    return draw_id


async def a_mandate_and_money(story: Telling, draw_id: str) -> None:
    """Show that both are needed before anything can be bought, and provide them."""
    story.teller.chapter("A mandate, and money")
    order = story.order(story.player, "first", (draw_id, 12_00, "S1"))
    await story.refused(
        "MANDATE_MISSING",
        "The platform orders without a mandate",
        story.platform,
        ask.PURCHASE,
        **order,
    )
    await grant(story, story.player, 100_00, 250_00)
    again = await story.platform.do(ask.PURCHASE, **order)
    story.expect(
        (again["code"], again["replayed"]),
        ("MANDATE_MISSING", True),
        "a refusal asked for again with its key",
    )
    story.teller.step("The order again, with its old key", "the old refusal, marked a replay")
    poor = await story.refused(
        "INSUFFICIENT_FUNDS",
        "The order, before there is money",
        story.platform,
        ask.PURCHASE,
        **{**order, "idempotencyKey": story.fresh()},
    )
    story.expect(poor["left"], None, "what a platform is told of the balance")
    await deposit(story, story.player, "player", 500_00)
    await deposit(story, story.rival, "rival", 100_00)
    await grant(story, story.rival, 50_00, 50_00)


async def deposit(story: Telling, player: Player, purse: str, amount_minor: int) -> None:
    given = {
        "idempotencyKey": story.fresh(),
        "accountId": player.account_id,
        "amount": yuan(amount_minor),
    }
    first = await story.done("deposit", player.caller, ask.DEPOSIT, **given)
    story.books.move("bank", purse, amount_minor)
    story.expect(minor(first["available"]), story.books[purse], "available after a deposit")
    story.teller.step(
        f"The {purse} deposits {first['transaction']['amount']['formatted']}",
        f"{first['deposit']['state']}, available {first['available']['formatted']}",
    )
    second = await story.done("deposit", player.caller, ask.DEPOSIT, **given)
    story.expect(second.pop("replayed"), wanted=True, what="the mark of a replay")
    story.expect(first.pop("replayed"), wanted=False, what="the mark of a first answer")
    story.expect(second, first, "the answer to a repeated deposit")
    await story.check(player, purse)
    story.teller.step("… sends it again, with the same key", "the same answer; nothing moved")
    await story.refused(
        "KEY_REUSED",
        "… and with another amount",
        player.caller,
        ask.DEPOSIT,
        **{**given, "amount": yuan(amount_minor + 1)},
    )


async def grant(
    story: Telling,
    player: Player,
    purchase_minor: int,
    day_minor: int,
    life: timedelta | None = None,
) -> Data:
    granted = await story.done(
        "grantMandate",
        player.caller,
        ask.GRANT_MANDATE,
        idempotencyKey=story.fresh(),
        accountId=player.account_id,
        partnerId=story.platform_id,
        limitPerPurchase=yuan(purchase_minor),
        limitPerDay=yuan(day_minor),
        expiresAt=in_(life or timedelta(days=1)),
    )
    mandate: Data = granted["mandate"]
    story.teller.step(
        f"The {player.caller.name} gives the platform a mandate",
        f"{mandate['limitPerPurchase']['formatted']} a purchase, "
        f"{mandate['limitPerDay']['formatted']} a day, until {mandate['expiresAt']}",
    )
    return mandate


async def purchases(story: Telling, draw_id: str) -> None:
    """Buy, one by one and several at once."""
    story.teller.chapter("Purchases")
    order = story.order(story.player, "1", (draw_id, 2_00, "S1"), (draw_id, 10_00, "S2"))
    bought = await bought_by(story, "player", order)
    story.expect(bought["transaction"]["state"], "COMPLETED", "a purchase with serials")
    story.expect(bought["transaction"]["balanceAfter"], None, "a balance told to a platform")
    again = await story.platform.do(ask.PURCHASE, **order)
    story.expect(again["replayed"], wanted=True, what="the mark of a replay")
    story.expect(again["transaction"]["id"], bought["transaction"]["id"], "the replay")
    story.teller.step("… orders the same with the same key", "the same purchase, a replay")
    used = await story.refused(
        "ORDER_REFERENCE_USED",
        "… and with a new key",
        story.platform,
        ask.PURCHASE,
        **{**order, "idempotencyKey": story.fresh()},
    )
    story.expect(used["purchase"]["id"], bought["transaction"]["id"], "the purchase meant")
    orders = [
        story.order(story.player, "2", (draw_id, 20_00, "S3")),
        story.order(story.player, "3", (draw_id, 6_00, "S1")),
        story.order(story.player, "4", (draw_id, 30_00, "S4")),
        story.order(story.rival, "5", (draw_id, 15_00, "R1")),
    ]
    answers = await story.done("purchases", story.platform, ask.PURCHASES, purchases=orders)
    results = answers["results"]
    told = [result.get("code") or result["transaction"]["state"] for result in results]
    story.expect(
        told, ["COMPLETED", "SERIAL_USED", "COMPLETED", "COMPLETED"], "four answers to four"
    )
    for index, purse, amount_minor in (
        (0, "player", 20_00),
        (2, "player", 30_00),
        (3, "rival", 15_00),
    ):
        story.books.move(purse, "platform", amount_minor)
        if purse == "player":
            story.note(results[index]["transaction"], amount_minor, "COMPLETED")
    await story.check(story.player, "player")
    await story.check(story.rival, "rival")
    story.teller.step("The platform sends four orders at once", ", ".join(told))


async def bought_by(story: Telling, purse: str, order: Data) -> Data:
    """Have the platform buy, and note it."""
    answer = await story.done("purchase", story.platform, ask.PURCHASE, **order)
    amount_minor = int(order["amount"]["amount"].replace(".", ""))
    story.books.move(purse, "platform", amount_minor)
    transaction = answer["transaction"]
    story.expect(minor(transaction["amount"]), -amount_minor, "what was debited")
    if purse == "player":
        story.note(transaction, amount_minor, transaction["state"])
    tickets = ", ".join(f"{t['serial'] or 'no serial yet'} {t['state']}" for t in answer["tickets"])
    story.teller.step(
        f"The platform buys for {transaction['amount']['formatted'].lstrip('-')}",
        f"{transaction['state']}: {tickets}",
    )
    return answer


async def serials_that_come_later(story: Telling, draw_id: str) -> None:
    """Confirm tickets, and give purchases back."""
    story.teller.chapter("Serials that come later")
    order = story.order(story.player, "6", (draw_id, 5_00, None), (draw_id, 5_00, None))
    bought = await bought_by(story, "player", order)
    purchase_id = bought["transaction"]["id"]
    story.expect(bought["transaction"]["state"], "PENDING", "a purchase without serials")
    first, second = bought["tickets"]
    for ticket, serial, state in ((first, "S5", "PENDING"), (second, "S6", "COMPLETED")):
        confirmed = await story.done(
            "confirmTickets",
            story.platform,
            ask.CONFIRM_TICKETS,
            idempotencyKey=story.fresh(),
            purchaseId=purchase_id,
            tickets=[{"ticketId": ticket["id"], "serial": story.serial(serial)}],
        )
        story.expect(confirmed["transaction"]["state"], state, "the purchase then")
        story.expect(
            [(t["serial"], t["state"]) for t in confirmed["tickets"] if t["id"] == ticket["id"]],
            [(story.serial(serial), "CONFIRMED")],
            "the ticket then",
        )
        story.teller.step(f"The platform confirms {serial}", f"the purchase is {state}")
    story.note(bought["transaction"], 10_00, "COMPLETED")
    await story.refused(
        "TICKET_CONFIRMED",
        "… and confirms it again",
        story.platform,
        ask.CONFIRM_TICKETS,
        idempotencyKey=story.fresh(),
        purchaseId=purchase_id,
        tickets=[{"ticketId": second["id"], "serial": story.serial("S6")}],
    )
    for picked in ((draw_id, 8_00, None), (draw_id, 9_00, "S7")):
        bought = await bought_by(
            story, "player", story.order(story.player, f"given-back-{picked[1]}", picked)
        )
        amount_minor = picked[1]
        refunded = await story.done(
            "refundPurchase",
            story.platform,
            ask.REFUND_PURCHASE,
            idempotencyKey=story.fresh(),
            purchaseId=bought["transaction"]["id"],
            reason="the player changed their mind",
        )
        story.books.move("platform", "player", amount_minor)
        story.expect(refunded["purchase"]["state"], "REFUNDED", "a refunded purchase")
        story.expect(minor(refunded["transaction"]["amount"]), amount_minor, "the refund")
        story.note(refunded["purchase"], amount_minor, "REFUNDED")
        await story.check(story.player, "player")
        story.teller.step(
            "The platform refunds it",
            f"{refunded['transaction']['amount']['formatted']} came back",
        )
