"""A card is bound to one customer, and nothing but its end is ever seen again."""

from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from models import Answer, AuditEntry, BankCard, FeedEvent
from services.actors import NOBODY, NotAllowed
from services.banking.bind_card import BindCard, bind_card
from services.banking.cards import CARDS_MAX
from services.refusals import RefusalCode, Refused
from services.vault import Purpose
from tests.factories import (
    HOLDER,
    HouseUnderTest,
    a_card,
    a_card_number,
    a_customer,
    a_key,
    a_platform,
    an_account,
    an_operator,
    at_once,
    beside,
    dump,
    events,
    id_of,
    on_postgres,
    refused,
    replayed,
    stepped_up,
)


def asked(number: str = "", **changes: str) -> BindCard:
    """Return what a customer fills in."""
    return replace(BindCard(a_key(), number or a_card_number(), HOLDER), **changes)


async def test_binds_a_card_and_seals_it(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    number = a_card_number()
    with capture_logs() as logs:
        answered = await replayed(
            partial(bind_card, house, stepped_up(customer, house), asked(number))
        )
    card = await BankCard.get(id=answered.body["card"]["id"])
    assert (card.customer_id, card.last_four) == (id_of(customer), number[-4:])
    assert house.vault.open(Purpose.CARD_NUMBER, card.number_sealed or "") == number
    assert house.vault.open(Purpose.NAME, card.holder_sealed or "") == HOLDER
    assert (await events())[-1] == ("CARD_BOUND", f"customer:{customer.id}")
    kept = [
        *(answer.body for answer in await Answer.all()),
        *(event.body for event in await FeedEvent.all()),
        str(await AuditEntry.all().values()),
        str(logs),
        str(await dump()),
    ]
    assert not [text for text in kept if number in text or number[:12] in text]


async def test_spaces_hyphens_and_capitals_do_not_matter(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    number = a_card_number()
    written = " ".join(number[n : n + 4] for n in range(0, len(number), 4))
    request = asked(written, holder_name=f" {HOLDER.upper()} ".replace(" ", "  "))
    first = await bind_card(house, stepped_up(customer, house), request)
    hyphens = asked(written.replace(" ", "-"))
    before = await dump()
    again = await bind_card(house, stepped_up(customer, house), hyphens)
    assert again.body == first.body
    assert await dump() == before


@pytest.mark.parametrize(
    "number", ["6222", "62220000000000000001", "622200000000000a", "6222000000000001", "６２２２"]
)
async def test_refuses_what_is_no_card_number(house: HouseUnderTest, number: str) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    async with refused(house, RefusalCode.CARD_NUMBER_INVALID, "number"):
        await bind_card(house, stepped_up(customer, house), asked(number))
    assert not await Answer.filter(operation="bindCard").exists()


async def test_refuses_anothers_name_and_anothers_card_alike(house: HouseUnderTest) -> None:
    customer, other = await a_customer(house), await a_customer(house)
    await an_account(house, customer)
    await an_account(house, other)
    number = a_card_number()
    await a_card(house, other, number)
    told = []
    for request in (asked(number), asked(holder_name="Li Na")):
        async with refused(house, RefusalCode.CARD_REFUSED) as caught:
            await bind_card(house, stepped_up(customer, house), request)
        told.append(caught.value.refusal)
    assert told[0] == told[1]


async def test_needs_an_account_in_the_same_name(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    async with refused(house, RefusalCode.CARD_REFUSED):
        await bind_card(house, stepped_up(customer, house), asked())


async def test_needs_a_step_up_of_a_few_minutes_ago(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    once = stepped_up(customer, house)
    house.clock.advance(minutes=6)
    for actor in (customer, once):
        async with refused(house, RefusalCode.STEP_UP_REQUIRED):
            await bind_card(house, actor, asked())


async def test_binds_so_many_and_no_more(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    for _ in range(CARDS_MAX):
        await a_card(house, customer)
    async with refused(house, RefusalCode.CARD_LIMIT_REACHED):
        await bind_card(house, stepped_up(customer, house), asked())


async def test_a_key_is_for_one_card(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    request = asked()
    await bind_card(house, stepped_up(customer, house), request)
    async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
        await bind_card(
            house, stepped_up(customer, house), replace(request, number=a_card_number())
        )


async def test_only_customers(house: HouseUnderTest) -> None:
    actors = (NOBODY, await a_platform(house), await an_operator(house))
    before = await dump()
    for actor in actors:
        with pytest.raises(NotAllowed):
            await bind_card(house, actor, asked())
    assert await dump() == before


@on_postgres
async def test_two_processes_bind_a_card_to_one_customer(house: HouseUnderTest) -> None:
    customers = [await a_customer(house) for _ in range(4)]
    for customer in customers:
        await an_account(house, customer)
    number = a_card_number()
    async with beside(house) as other:
        results = await at_once(
            *(
                bind_card(at, stepped_up(customer, house), asked(number))
                for customer in customers
                for at in (house, other)
            )
        )
    refusals = [result for result in results if isinstance(result, Refused)]
    assert {result.refusal.code for result in refusals} == {RefusalCode.CARD_REFUSED}
    assert len(refusals) == 6
    assert await BankCard.all().count() == 1


@on_postgres
async def test_two_processes_bind_no_more_than_the_limit(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await an_account(house, customer)
    async with beside(house) as other:
        await at_once(
            *(
                bind_card(at, stepped_up(customer, house), asked())
                for at in (house, other) * CARDS_MAX
            )
        )
    assert await BankCard.all().count() == CARDS_MAX
