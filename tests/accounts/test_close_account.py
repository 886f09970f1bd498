"""An account closes when nothing is under way and its money has reached the holder's card."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from models import Account, BankInstruction, SuspenseItem, Transaction, Wallet
from services.accounts.close_account import CloseAccount, close_account
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.finish_closings import finish_closings
from services.accounts.freeze import freeze_account
from services.accounts.open_account import open_account
from services.accounts.unfreeze import unfreeze_account
from services.actors import NOBODY, Actor, NotAllowed
from services.bank import BankOutcome, BankState
from services.banking.conclude import conclude
from services.banking.pursue import pursue_open
from services.ledger.command import Answered
from services.ledger.place_hold import PlaceHold, place_hold
from services.lottery.purchase import purchase
from services.refusals import RefusalCode, Refused
from tests.factories import (
    CNY,
    HouseUnderTest,
    Scene,
    a_card,
    a_customer,
    a_draw,
    a_key,
    a_scene,
    an_account,
    an_order,
    at_once,
    balance,
    beside,
    dump,
    events,
    in_turn,
    new_id,
    on_postgres,
    opening_data,
    refused,
    replayed,
    stepped_up,
)


async def with_card(house: HouseUnderTest, scene: Scene) -> tuple[Actor, CloseAccount]:
    """Return the scene's player, stepped up, and what they ask for."""
    card_id = await a_card(house, scene.player)
    return stepped_up(scene.player, house), CloseAccount(a_key(), scene.account_id, card_id)


async def status(account_id: UUID) -> str:
    """Return how an account stands."""
    return str((await Wallet.get(id=account_id)).status)


async def test_an_empty_account_is_closed_at_once(house: HouseUnderTest) -> None:
    player, request = await a_customer(house), opening_data()
    opened = await open_account(house, player, request)
    account_id = UUID(opened.body["account"]["id"])
    holder = stepped_up(player, house)
    asked = CloseAccount(a_key(), account_id)
    closed = await replayed(partial(close_account, house, holder, asked))
    assert (closed.body["status"], closed.body["withdrawal"]) == ("CLOSED", None)
    assert (await events())[-1] == ("ACCOUNT_CLOSED", f"customer:{player.id}")
    assert (await Account.get(id=account_id)).closed_at == house.clock()
    # The identity may open a new one, the holder too.
    again = await open_account(house, player, replace(request, key=a_key()))
    assert again.body["account"]["id"] != str(account_id)


async def test_what_is_left_goes_to_the_card_and_then_it_is_closed(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    house.bank.waits = True
    begun = await replayed(partial(close_account, house, holder, request))
    assert begun.body["status"] == "CLOSING"
    assert begun.body["withdrawal"]["amount_minor"] == 100_00
    assert await balance(scene.account_id) == 0
    assert (await events())[-1] == ("ACCOUNT_CLOSING", f"customer:{scene.player.id}")
    assert await finish_closings(house) == 0
    assert await status(scene.account_id) == "CLOSING"
    instruction = await BankInstruction.get(id=UUID(begun.body["withdrawal"]["id"]))
    await conclude(house, instruction, BankOutcome(BankState.SETTLED, "L1"))
    assert await finish_closings(house) == 1
    assert await finish_closings(house) == 0
    assert await status(scene.account_id) == "CLOSED"
    assert (await events())[-1] == ("ACCOUNT_CLOSED", f"customer:{scene.player.id}")
    # Its history is as it was, and nothing comes or goes any more.
    assert await Transaction.filter(account_id=scene.account_id).count() == 2
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="CLOSED"):
        await purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id))
    async with refused(house, RefusalCode.ACCOUNT_CLOSED, "accountId"):
        await deposit(house, holder, DepositOrder(a_key(), scene.account_id, 1_00, CNY))
    async with refused(house, RefusalCode.ACCOUNT_CLOSED, "accountId"):
        await close_account(house, holder, replace(request, key=a_key()))


async def test_while_it_closes_nothing_comes_or_goes(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    house.bank.waits = True
    await close_account(house, holder, request)
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, status="CLOSING"):
        await purchase(house, scene.platform, an_order(scene.account_id, scene.draw_id))
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "accountId", status="CLOSING"):
        await deposit(house, holder, DepositOrder(a_key(), scene.account_id, 1_00, CNY))
    async with refused(house, RefusalCode.ACCOUNT_BLOCKED, "accountId", status="CLOSING"):
        await close_account(house, holder, replace(request, key=a_key()))


async def test_a_refusal_of_the_bank_leaves_it_open(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    house.bank.refuses = "no such card"
    await close_account(house, holder, request)
    await pursue_open(house)
    assert await finish_closings(house) == 1
    assert await status(scene.account_id) == "ACTIVE"
    assert await balance(scene.account_id) == 100_00
    assert (await events())[-1] == ("ACCOUNT_STAYS_OPEN", f"customer:{scene.player.id}")
    await scene.buys(house)


async def test_what_the_bank_returns_to_a_closed_account_waits_in_suspense(
    house: HouseUnderTest,
) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    begun = await close_account(house, holder, request)
    await pursue_open(house)
    await finish_closings(house)
    assert await status(scene.account_id) == "CLOSED"
    instruction = await BankInstruction.get(id=UUID(begun.body["withdrawal"]["id"]))
    await conclude(house, instruction, BankOutcome(BankState.RETURNED, "L2", "card closed"))
    item = await SuspenseItem.get()
    assert (item.amount_minor, item.state) == (100_00, "HELD")
    assert await balance(scene.account_id) == 0


async def test_a_block_that_comes_meanwhile_is_waited_for(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    await close_account(house, holder, request)
    await freeze_account(house, scene.operator, a_key(), scene.account_id, "a suspicion")
    assert await status(scene.account_id) == "FROZEN"
    await pursue_open(house)
    assert await finish_closings(house) == 0
    assert (await Account.get(id=scene.account_id)).closed_at is None
    lifted = await unfreeze_account(house, scene.operator, a_key(), scene.account_id)
    assert lifted.body["status"] == "CLOSING"
    assert await finish_closings(house) == 1
    assert await status(scene.account_id) == "CLOSED"


async def test_what_is_under_way_is_named(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)

    async def pending(*expected: str) -> None:
        asked = replace(request, key=a_key())
        async with refused(house, RefusalCode.ACCOUNT_BUSY, "accountId", pending=list(expected)):
            await close_account(house, holder, asked)

    bought = await scene.buys(house, serials=[None])
    await pending("TICKETS")
    hold = await place_hold(house, scene.operator, PlaceHold(a_key(), scene.account_id, 1_00, CNY))
    house.bank.waits = True
    order = DepositOrder(a_key(), scene.account_id, 1_00, CNY, request.card_id)
    await deposit(house, holder, order)
    await pending("DEPOSITS", "HOLDS", "TICKETS")
    assert bought["tickets"]
    assert hold.body["hold"]["state"] == "PLACED"


async def test_tickets_wait_for_their_draw_and_prizes_for_their_claim(
    house: HouseUnderTest,
) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    other = replace(scene, draw_id=await a_draw(house, scene.centre))
    await other.buys(house)
    (serial,) = await scene.wins(house, 5_00)
    assert serial
    async with refused(house, RefusalCode.ACCOUNT_BUSY, "accountId", pending=["PRIZES", "TICKETS"]):
        await close_account(house, holder, request)
    # A prize that nobody has claimed in time is nobody's any more.
    house.clock.advance(days=61)
    holder = stepped_up(scene.player, house)
    with pytest.raises(Refused) as busy:
        await close_account(house, holder, replace(request, key=a_key()))
    assert busy.value.refusal.details == {"pending": ["TICKETS"]}


async def test_money_needs_a_card_and_a_bank(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    strangers = await a_customer(house)
    await an_account(house, strangers)
    theirs = await a_card(house, strangers)
    async with refused(house, RefusalCode.CARD_REQUIRED, "cardId"):
        await close_account(house, holder, CloseAccount(a_key(), scene.account_id))
    async with refused(house, RefusalCode.NOT_FOUND, "cardId"):
        await close_account(house, holder, CloseAccount(a_key(), scene.account_id, theirs))
    house.bank.is_there = False
    async with refused(house, RefusalCode.BANK_MISSING):
        await close_account(house, holder, request)


async def test_only_the_holder_with_the_pin(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    _, request = await with_card(house, scene)
    stranger = stepped_up(await a_customer(house), house)
    with pytest.raises(Refused) as caught:
        await close_account(house, scene.player, request)
    assert caught.value.refusal.code is RefusalCode.STEP_UP_REQUIRED
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await close_account(house, stranger, request)
    async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
        await close_account(house, stranger, CloseAccount(a_key(), new_id()))
    before = await dump()
    for actor in (NOBODY, scene.operator, scene.platform):
        with pytest.raises(NotAllowed):
            await close_account(house, actor, request)
    assert await dump() == before


@on_postgres
async def test_a_purchase_that_comes_first_is_seen(house: HouseUnderTest) -> None:
    """What was read before the lock is read again when the account has moved since."""
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    async with beside(house) as other:
        bought, closed = await in_turn(
            house,
            "wallet",
            scene.account_id,
            partial(purchase, other, scene.platform, an_order(scene.account_id, scene.draw_id)),
            partial(close_account, house, holder, request),
        )
    assert isinstance(bought, Answered)
    assert isinstance(closed, Refused)
    assert closed.refusal.details == {"pending": ["TICKETS"]}


@on_postgres
async def test_workers_finish_it_once(house: HouseUnderTest) -> None:
    scene = await a_scene(house)
    holder, request = await with_card(house, scene)
    await close_account(house, holder, request)
    await pursue_open(house)
    async with beside(house) as other:
        ended = await at_once(*(finish_closings(at) for at in (house, other, house, other)))
    assert sum(each for each in ended if isinstance(each, int)) == 1
    assert (await events()).count(("ACCOUNT_CLOSED", f"customer:{scene.player.id}")) == 1
