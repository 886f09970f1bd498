"""Reading it all later, and where the money is: L3, L6, L7 and L23."""

import asyncio

from tests.stories import documents as ask
from tests.stories.callers import minor
from tests.stories.telling import (
    PATIENCE_S,
    Telling,
    Unexpected,
    formatted,
)


async def reading_it_later(story: Telling) -> None:
    """List it all, and compare it with what was told and done."""
    story.teller.chapter("Reading it later")
    player, account_id = story.player.caller, story.player.account_id
    purchases = await player.pages(ask.PURCHASES_LIST, "purchases", size=3, id=account_id)
    listed = [(p["id"], -minor(p["amount"]), p["state"]) for p in reversed(purchases)]
    story.expect(listed, story.bought, "the list of purchases")
    story.teller.step("The player lists the purchases", f"{len(purchases)}, page by page")
    payouts = await player.pages(ask.PAYOUTS_LIST, "payouts", size=2, id=account_id)
    found = {p["serial"]: (p["state"], minor(p["prize"])) for p in payouts}
    prizes = {"S1": 5_000_00, "S3": 12_000_00, "S4": 50_00, "S5": 6_00}
    wanted = {story.serial(s): ("PAID", prize_minor) for s, prize_minor in prizes.items()}
    wanted[story.serial("X1")] = ("UNPAID", 20_00)
    story.expect(found, wanted, "the list of payouts")
    story.teller.step(
        "… and the prizes",
        ", ".join(f"{p['prize']['formatted']} {p['state']}" for p in payouts),
    )
    transactions = await player.pages(
        ask.TRANSACTIONS, "transactions", size=7, id=account_id, filter=None
    )
    total_minor = sum(minor(each["amount"]) for each in transactions)
    story.expect(total_minor, story.books["player"], "the sum of all transactions")
    numbers = [each["number"] for each in transactions]
    story.expect(numbers, list(range(len(numbers), 0, -1)), "the transactions' numbers")
    wins = await player.pages(
        ask.TRANSACTIONS,
        "transactions",
        size=7,
        id=account_id,
        filter={"types": ["PAYOUT"], "minAmount": "50.00"},
    )
    story.expect(len(wins), 3, "prizes of 50.00 and more")
    story.teller.step(
        "… and everything", f"{len(transactions)} transactions, the sum is the balance"
    )
    await feed_and_stream(story)
    told = await story.platform.pages_after(ask.FEED, story.platform_after, size=50)
    moved = [event["transaction"] for event in told if event["kind"] in {"PURCHASE", "REFUND"}]
    story.expect(
        {transaction["balanceAfter"] for transaction in moved}, {None}, "balances for platforms"
    )
    story.teller.step("The platform reads its feed", f"{len(told)} events, no balance in them")


async def feed_and_stream(story: Telling) -> None:
    feed = await story.player.caller.pages_after(ask.FEED, story.everything_after, size=10)
    async with asyncio.timeout(PATIENCE_S):
        while len(story.everything.heard) < len(feed):
            await story.everything.next()
    story.expect(story.everything.heard[: len(feed)], feed, "the stream beside the feed")
    kinds = [event["kind"] for event in feed]
    story.teller.step(
        "The player reads the feed",
        f"{len(feed)} events, each as it was streamed: "
        + ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)),
    )


async def the_money(story: Telling) -> None:
    """Compare every purse with where the money should be."""
    story.teller.chapter("Where the money is")
    found: dict[str, int] = {}
    for purse, player in (("player", story.player), ("rival", story.rival)):
        account = await player.caller.ask(ask.ACCOUNT, id=player.account_id)
        found[purse] = minor(account["balance"])
        story.expect(minor(account["held"]), 0, f"what is held of the {purse}")
        story.expect(account["available"], account["balance"], f"what the {purse} may spend")
        story.expect(account["profile"], player.profile, f"who the {purse} is")
        story.expect(account["status"], "ACTIVE", f"the status of the {purse}'s account")
    found["platform"] = minor((await story.platform.ask(ask.VIEWER))["balance"])
    found["centre"] = minor((await story.centre.ask(ask.PRIZE_POOL))["balance"])
    found |= await story.position()
    wrong = [purse for purse, held in found.items() if held != story.books[purse]]
    for purse, held_minor in found.items():
        mark = "WRONG" if purse in wrong else "right"
        story.teller.step(
            f"{purse}: {formatted(story.books[purse])} expected",
            f"{formatted(held_minor)} found, {mark}",
        )
    check = await story.operator.ask(ask.LEDGER_CHECK)
    story.expect(check["isSound"] is True, wanted=True, what="the ledger's soundness")
    story.teller.step(
        "The operator has the whole ledger checked", f"{check['entries']} entries, all sound"
    )
    if wrong:
        raise Unexpected(f"money is not where it should be: {', '.join(wrong)}")
