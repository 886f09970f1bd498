"""An account is opened once for each currency and identity, by whoever is of age."""

import logging
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID

import pytest

from models import Account, Answer, Customer, Profile, Wallet
from models.kinds import IdentityKind
from services.accounts.open_account import open_account
from services.accounts.profiles import opened_profile, shown_profile
from services.actors import NOBODY, NotAllowed
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_key,
    a_platform,
    an_account,
    an_identity_number,
    at_once,
    beside,
    dump,
    events,
    id_of,
    in_turn,
    on_postgres,
    opening_data,
    refused,
    replayed,
)

PASSPORT = IdentityKind.PASSPORT


async def test_opens_an_empty_account_of_the_customers_own(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    answered = await replayed(partial(open_account, house, customer, request))
    account_id = UUID(answered.body["account"]["id"])
    account, wallet = await Account.get(id=account_id), await Wallet.get(id=account_id)
    assert account.customer_id == id_of(customer)
    assert (wallet.kind, wallet.owner_id, wallet.balance_minor) == ("LOTTERY", id_of(customer), 0)
    assert len(account.number) == 16
    assert await events() == [("ACCOUNT_OPENED", f"customer:{customer.id}")]
    profile = (await Profile.filter(id=account_id).values())[0]
    opened = opened_profile(house.vault, profile)
    assert (opened.name, opened.phone) == (request.holder_name, request.phone)
    assert (opened.identity_number, opened.birth_date) == (
        request.identity_number,
        date(1990, 3, 7),
    )


async def test_one_for_each_currency(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    first = await open_account(house, customer, request)
    async with refused(
        house, RefusalCode.ACCOUNT_EXISTS, "currency", account_id=first.body["account"]["id"]
    ):
        await open_account(house, customer, replace(request, key=a_key()))
    second = await open_account(house, customer, replace(request, key=a_key(), currency="EUR"))
    assert second.body["account"]["currency"] == "EUR"
    await open_account(house, await a_customer(house), opening_data())


async def test_one_for_each_identity_among_all_customers(house: HouseUnderTest) -> None:
    first, other, request = await a_customer(house), await a_customer(house), opening_data()
    await open_account(house, first, request)
    number = request.identity_number
    for spelled in (number, number.lower(), f" {number[:6]} {number[6:14]} {number[14:]}"):
        async with refused(house, RefusalCode.IDENTITY_IN_USE, "identityNumber") as caught:
            await open_account(house, other, replace(request, key=a_key(), identity_number=spelled))
        assert caught.value.refusal.details == {}  # nothing about who has it
    # In another currency there is none yet, whoever asks.
    await open_account(house, other, replace(request, key=a_key(), currency="EUR"))


async def test_a_customer_is_one_person(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    await open_account(house, customer, opening_data())
    async with refused(house, RefusalCode.IDENTITY_MISMATCH, "identityNumber"):
        await open_account(house, customer, opening_data(currency="EUR"))


async def test_a_closed_account_stands_in_nobodys_way(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    opened = await open_account(house, customer, request)
    await Account.filter(id=opened.body["account"]["id"]).update(live_currency=None)
    await open_account(house, customer, replace(request, key=a_key()))
    assert await Account.filter(customer_id=id_of(customer)).count() == 2


async def test_nobody_under_eighteen_where_the_business_day_is_counted(
    house: HouseUnderTest,
) -> None:
    customer = await a_customer(house)
    # In Shanghai it is the 2nd of March; the day ends at 16:00 UTC.
    of_age, too_young = date(2008, 3, 2), date(2008, 3, 3)
    young = opening_data(identity_number=an_identity_number(too_young))
    foreign = opening_data(
        identity_kind=PASSPORT,
        identity_number="E1234567",
        birth_date=too_young,
        issuing_country="FRA",
    )
    for request in (young, foreign):
        async with refused(house, RefusalCode.UNDER_AGE, "identityNumber"):
            await open_account(house, customer, request)
    born = opening_data(identity_number=an_identity_number(of_age))
    await open_account(house, await a_customer(house), born)
    house.clock.advance(hours=12, seconds=-1)
    assert house.clock().isoformat() == "2026-03-02T15:59:59+00:00"
    async with refused(house, RefusalCode.UNDER_AGE, "identityNumber"):
        await open_account(house, customer, replace(young, key=a_key()))
    house.clock.advance(seconds=1)
    await open_account(house, customer, replace(young, key=a_key()))


async def test_what_cannot_be_checked_is_refused_before_the_desk(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    bad = {
        RefusalCode.IDENTITY_INVALID: opening_data(identity_number="110101199003071234"),
        RefusalCode.PHONE_INVALID: opening_data(phone="phone"),
        RefusalCode.BIRTH_DATE_NEEDED: opening_data(
            identity_kind=PASSPORT, identity_number="E1234567", issuing_country="FRA"
        ),
    }
    for code, request in bad.items():
        with pytest.raises(Refused) as caught:
            await open_account(house, customer, request)
        assert caught.value.refusal.code is code
    assert not await Account.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("138 0000-0000", "+8613800000000"),
        ("＋86 13800000000", "+8613800000000"),
        ("0086 13800000000", "+8613800000000"),
        ("+852 1234 5678", "+85212345678"),
    ],
)
async def test_a_phone_number_has_one_form(house: HouseUnderTest, given: str, kept: str) -> None:
    opened = await open_account(house, await a_customer(house), opening_data(phone=given))
    profile = (await Profile.filter(id=opened.body["account"]["id"]).values())[0]
    assert opened_profile(house.vault, profile).phone == kept


async def test_nothing_of_a_person_is_kept_or_logged_in_the_clear(
    house: HouseUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    customer = await a_customer(house)
    request = opening_data(holder_name="欧阳锋")
    await open_account(house, customer, request)
    with pytest.raises(Refused):
        await open_account(house, await a_customer(house), replace(request, key=a_key()))
    kept = repr(await dump()) + repr(await Answer.all().values())
    for secret in ("欧阳锋", "13800000000", request.identity_number, "1990-03-07"):
        assert secret not in kept
        assert secret not in caplog.text
        assert secret not in repr(request)
    profile = (await Profile.all().values())[0]
    shown = shown_profile(house.vault, profile)
    assert (shown.name, shown.phone, shown.is_readable) == ("欧*锋", "+86138****0000", True)


async def test_a_key_is_for_one_request(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    await open_account(house, customer, request)
    for other in (
        replace(request, phone="+8613900000000"),
        replace(request, holder_name="王大明"),
        replace(request, identity_number=an_identity_number()),
    ):
        async with refused(house, RefusalCode.KEY_REUSED, "idempotencyKey"):
            await open_account(house, customer, other)


@on_postgres
async def test_two_processes_at_once_open_one(house: HouseUnderTest) -> None:
    customer, request = await a_customer(house), opening_data()
    async with beside(house) as other:
        results = await at_once(
            *(
                open_account(at, customer, replace(request, key=a_key()))
                for at in (house, other)
                for _ in range(8)
            )
        )
    codes = [getattr(getattr(result, "refusal", None), "code", None) for result in results]
    assert codes.count(None) == 1
    assert codes.count(RefusalCode.ACCOUNT_EXISTS) == 15
    assert await Account.all().count() == 1


@on_postgres
async def test_two_customers_with_one_identity_at_two_desks_get_one_account(
    house: HouseUnderTest,
) -> None:
    request = opening_data()
    customers = [await a_customer(house) for _ in range(16)]
    async with beside(house) as other:
        results = await at_once(
            *(
                open_account(at, customer, replace(request, key=a_key()))
                for at, customer in zip((house, other) * 8, customers, strict=True)
            )
        )
    codes = [getattr(getattr(result, "refusal", None), "code", None) for result in results]
    assert codes.count(None) == 1
    assert codes.count(RefusalCode.IDENTITY_IN_USE) == 15
    assert await Account.all().count() == await Profile.all().count() == 1


@on_postgres
async def test_a_customer_is_one_person_at_two_desks_too(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    async with beside(house) as other:
        first, second = await in_turn(
            house,
            Customer._meta.db_table,
            id_of(customer),
            partial(open_account, house, customer, opening_data()),
            partial(open_account, other, customer, opening_data(currency="EUR")),
        )
    assert not isinstance(first, BaseException)
    assert isinstance(second, Refused)
    assert second.refusal.code is RefusalCode.IDENTITY_MISMATCH


async def test_only_customers(house: HouseUnderTest) -> None:
    platform = await a_platform(house)
    before = await dump()
    for actor in (NOBODY, platform):
        with pytest.raises(NotAllowed):
            await open_account(house, actor, opening_data())
    assert await dump() == before


async def test_an_account_of_a_test_is_an_account(house: HouseUnderTest) -> None:
    """What the factory puts there has an identity that nobody else can open an account with."""
    number, other = an_identity_number(), await a_customer(house)
    await an_account(house, await a_customer(house), of=number)
    async with refused(house, RefusalCode.IDENTITY_IN_USE, "identityNumber"):
        await open_account(house, other, opening_data(identity_number=number))
