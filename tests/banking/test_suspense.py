"""Money that arrives for nobody is booked once, and goes to somebody or back, once."""

from functools import partial
from uuid import UUID

import pytest

from models import AuditEntry, BankInstruction, SuspenseItem, Transaction
from models.currencies import system_wallet_id
from models.kinds import Permission, WalletKind
from services.actors import NOBODY, SYSTEM, NotAllowed
from services.bank import BankNews, BankOutcome, BankState
from services.banking.attribute_suspense import AttributeSuspense, attribute_suspense
from services.banking.conclude import conclude, hear
from services.banking.pursue import pursue_open
from services.banking.send_back_suspense import SendBackSuspense, send_back_suspense
from services.ledger.position import position
from services.refusals import RefusalCode, Refused
from tests.banking.conftest import Holder
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_key,
    a_platform,
    a_supervisor,
    an_account,
    an_operator,
    at_once,
    balance,
    beside,
    close,
    dump,
    events,
    id_of,
    lines_of,
    new_id,
    on_postgres,
    refused,
    replayed,
)

BANK = system_wallet_id(WalletKind.BANK, CNY)
TRANSIT = system_wallet_id(WalletKind.IN_TRANSIT, CNY)
SUSPENSE = system_wallet_id(WalletKind.SUSPENSE, CNY)


def a_receipt(reference: str = "L77", **changes: object) -> BankNews:
    """Return what the bank tells of 25 CNY from somebody."""
    told: dict[str, object] = {
        "reference": reference,
        "state": BankState.SETTLED,
        "amount_minor": 25_00,
        "currency": CNY,
        "remittance": "for Zhang Wei\n",
    }
    return BankNews(**told | changes)  # type: ignore[arg-type]  # the test's own fields


async def an_item(house: HouseUnderTest) -> UUID:
    """Have 25 CNY arrive, and return the item's id."""
    await hear(house, a_receipt(a_key()))
    item = await SuspenseItem.all().order_by("-id").first()
    assert item is not None
    return item.id


async def test_an_arrival_is_booked_once(house: HouseUnderTest) -> None:
    await hear(house, a_receipt())
    before = await dump()
    await hear(house, a_receipt())
    assert await dump() == before
    (item,) = await SuspenseItem.all()
    assert (item.reference, item.amount_minor, item.remittance, item.state) == (
        "L77",
        25_00,
        "for Zhang Wei",
        "HELD",
    )
    assert await lines_of(item.entry_id) == {BANK: -25_00, SUSPENSE: 25_00}
    (cny,) = [each for each in await position(SYSTEM) if each.currency == CNY]
    assert (cny.in_suspense_minor, cny.is_balanced) == (25_00, True)


@pytest.mark.parametrize(
    "told",
    [
        a_receipt(currency="XAU"),
        a_receipt(amount_minor=-25_00, instruction_id=new_id()),
        a_receipt(amount_minor=0, state=BankState.REFUSED, instruction_id=new_id()),
    ],
)
async def test_what_cannot_be_booked_is_not(house: HouseUnderTest, told: BankNews) -> None:
    before = await dump()
    await hear(house, told)
    assert await dump() == before


async def test_what_arrives_for_a_forgotten_instruction_is_not_lost(house: HouseUnderTest) -> None:
    await hear(house, a_receipt(instruction_id=new_id()))
    assert await balance(SUSPENSE) == 25_00


async def test_is_attributed_once(house: HouseUnderTest, holder: Holder) -> None:
    operator = await an_operator(house, Permission.ATTRIBUTE_SUSPENSE)
    item_id = await an_item(house)
    order = AttributeSuspense(a_key(), item_id, holder.account_id, "he called")
    answered = await replayed(partial(attribute_suspense, house, operator, order))
    item = await SuspenseItem.get(id=item_id)
    assert (item.state, item.account_id) == ("ATTRIBUTED", holder.account_id)
    transaction = await Transaction.get(id=answered.body["transaction"]["id"])
    assert (transaction.type, transaction.amount_minor) == ("DEPOSIT", 25_00)
    assert await lines_of(transaction.id) == {SUSPENSE: -25_00, holder.account_id: 25_00}
    assert (await events())[-1] == ("DEPOSIT", f"customer:{holder.actor.id}")
    entry = await AuditEntry.get(action="attributeSuspense", outcome="ALLOWED")
    assert (entry.object_id, entry.reason) == (item_id, "he called")
    again = AttributeSuspense(a_key(), item_id, holder.account_id, "twice")
    async with refused(house, RefusalCode.SUSPENSE_ENDED, "suspenseItemId"):
        await attribute_suspense(house, operator, again)
    async with refused(house, RefusalCode.SUSPENSE_ENDED, "suspenseItemId"):
        await send_back_suspense(house, operator, SendBackSuspense(a_key(), item_id, "twice"))


async def test_refuses_what_is_no_account_for_it(house: HouseUnderTest, holder: Holder) -> None:
    operator = await an_operator(house)
    item_id = await an_item(house)
    euros = await an_account(house, holder.actor, currency="EUR")
    async with refused(house, RefusalCode.CURRENCY_MISMATCH, "accountId"):
        await attribute_suspense(
            house, operator, AttributeSuspense(a_key(), item_id, euros, "a guess")
        )
    await close(holder.account_id)
    async with refused(house, RefusalCode.ACCOUNT_CLOSED, "accountId"):
        await attribute_suspense(
            house, operator, AttributeSuspense(a_key(), item_id, holder.account_id, "a guess")
        )
    platform = id_of(await a_platform(house))
    for missing in (new_id(), BANK, platform):
        async with refused(house, RefusalCode.NOT_FOUND, "accountId"):
            await attribute_suspense(
                house, operator, AttributeSuspense(a_key(), item_id, missing, "a guess")
            )
    async with refused(house, RefusalCode.NOT_FOUND, "suspenseItemId"):
        await attribute_suspense(house, operator, AttributeSuspense(a_key(), new_id(), euros, "?"))


async def test_is_sent_back(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    item_id = await an_item(house)
    order = SendBackSuspense(a_key(), item_id, "nobody knows it")
    await replayed(partial(send_back_suspense, house, operator, order))
    assert [await balance(wallet) for wallet in (SUSPENSE, TRANSIT)] == [0, 25_00]
    assert await pursue_open(house) == 1
    item = await SuspenseItem.get(id=item_id)
    (sent,) = house.bank.sent
    assert (sent.returns, sent.card) == (item.reference, None)
    assert item.state == "SENT_BACK"
    assert [await balance(wallet) for wallet in (TRANSIT, BANK)] == [0, 0]


async def test_waits_again_where_it_cannot_be_sent_back(house: HouseUnderTest) -> None:
    operator = await an_operator(house)
    item_id = await an_item(house)
    house.bank.refuses = "the sender's account is closed"
    await send_back_suspense(house, operator, SendBackSuspense(a_key(), item_id, "unknown"))
    assert await pursue_open(house) == 1
    assert (await SuspenseItem.get(id=item_id)).state == "HELD"
    assert [await balance(wallet) for wallet in (SUSPENSE, TRANSIT)] == [25_00, 0]
    house.bank.refuses = None
    await send_back_suspense(house, operator, SendBackSuspense(a_key(), item_id, "again"))
    assert await pursue_open(house) == 1
    (_, second) = await BankInstruction.filter(purpose="SENDING_BACK").order_by("id")
    await conclude(house, second, BankOutcome(BankState.RETURNED, "L9", "no such account"))
    assert (await SuspenseItem.get(id=item_id)).state == "HELD"
    assert [await balance(wallet) for wallet in (SUSPENSE, TRANSIT)] == [25_00, 0]


async def test_needs_the_permission_and_a_bank(house: HouseUnderTest, holder: Holder) -> None:
    item_id = await an_item(house)
    actors = [
        NOBODY,
        holder.actor,
        await a_platform(house),
        await a_supervisor(house),
        await an_operator(house, Permission.ORDER_ENTRIES),
    ]
    before = await dump()
    for actor in actors:
        with pytest.raises(NotAllowed):
            await send_back_suspense(house, actor, SendBackSuspense(a_key(), item_id, "?"))
        order = AttributeSuspense(a_key(), item_id, holder.account_id, "?")
        with pytest.raises(NotAllowed):
            await attribute_suspense(house, actor, order)
    assert await dump() == before
    house.bank.is_there = False
    operator = await an_operator(house)
    async with refused(house, RefusalCode.BANK_MISSING):
        await send_back_suspense(house, operator, SendBackSuspense(a_key(), item_id, "?"))


@on_postgres
async def test_two_operators_at_once(house: HouseUnderTest, holder: Holder) -> None:
    operator = await an_operator(house)
    item_id = await an_item(house)
    async with beside(house) as other:
        results = await at_once(
            *(
                attribute_suspense(
                    at, operator, AttributeSuspense(a_key(), item_id, holder.account_id, "mine")
                )
                for at in (house, other) * 2
            ),
            send_back_suspense(other, operator, SendBackSuspense(a_key(), item_id, "back")),
        )
    assert sum(isinstance(result, Refused) for result in results) == 4
    await pursue_open(house)
    assert await balance(SUSPENSE) == 0
