"""How often one may knock: by address and by account, in one process and in several."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from app.adapters.local_throttle import LocalThrottle
from app.adapters.redis_throttle import RedisThrottle
from models import AuditEntry
from services import passwords
from services.actors import ActorKind
from services.origin import Origin
from services.people import sign_in as signing_in
from services.people.doors import ACCOUNT_RATES, ADDRESS_RATES, Door, knock, own_network
from services.people.persons import find_person
from services.people.sign_in import sign_in
from services.people.sign_up import SignUp, sign_up
from services.refusals import RefusalCode, Refused
from services.throttling import Rate, Throttle
from tests.factories import HouseUnderTest, a_key, at_once, dump, refused
from tests.people.access import (
    AWAY,
    EMAIL,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    THIEF,
    a_colleague,
    a_person,
    enter,
)

RATE = Rate(3, timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class SetUp:
    """What counts for two processes, or for one that is asked twice."""

    one: Throttle
    other: Throttle


@asynccontextmanager
async def throttle_on(url: str) -> AsyncIterator[RedisThrottle]:
    """Open the throttle of one process for the time of the block."""
    throttle = RedisThrottle(url)
    try:
        yield throttle
    finally:
        await throttle.close()


@pytest.fixture(params=["local", "redis"])
async def set_up(request: pytest.FixtureRequest) -> AsyncIterator[SetUp]:
    """The throttle of each set-up."""
    if request.param == "local":
        alone = LocalThrottle()
        yield SetUp(alone, alone)
        return
    url = request.getfixturevalue("redis_url")
    async with throttle_on(url) as one, throttle_on(url) as other:
        yield SetUp(one, other)


async def test_a_burst_and_then_one_each_time(house: HouseUnderTest, set_up: SetUp) -> None:
    clock = house.clock
    for throttle in (set_up.one, set_up.other, set_up.one):
        assert await throttle.spend("a", RATE, clock()) is None
    assert await set_up.other.spend("a", RATE, clock()) == timedelta(seconds=10)
    assert await set_up.one.spend("b", RATE, clock()) is None
    clock.advance(seconds=4)
    assert await set_up.one.spend("a", RATE, clock()) == timedelta(seconds=6)
    clock.advance(seconds=6)
    assert await set_up.other.spend("a", RATE, clock()) is None
    assert await set_up.one.spend("a", RATE, clock()) == timedelta(seconds=10)
    clock.advance(minutes=1)
    for _ in range(3):
        assert await set_up.one.spend("a", RATE, clock()) is None
    assert await set_up.one.spend("a", RATE, clock()) is not None


async def test_what_is_given_back_did_not_count(house: HouseUnderTest, set_up: SetUp) -> None:
    clock = house.clock
    for _ in range(20):
        assert await set_up.one.spend("a", RATE, clock()) is None
        await set_up.other.give_back("a", RATE, clock())
    await set_up.one.give_back("nothing", RATE, clock())
    for _ in range(3):
        assert await set_up.one.spend("a", RATE, clock()) is None
    await set_up.one.give_back("a", RATE, clock())
    assert await set_up.one.spend("a", RATE, clock()) is None
    assert await set_up.one.spend("a", RATE, clock()) is not None


async def test_tries_at_once_are_no_more_than_the_burst(
    house: HouseUnderTest, set_up: SetUp
) -> None:
    asked = [
        throttle.spend("a", RATE, house.clock())
        for _ in range(10)
        for throttle in (set_up.one, set_up.other)
    ]
    results = await at_once(*asked)
    assert results.count(None) == 3


async def test_while_redis_is_away_each_process_counts_by_itself(house: HouseUnderTest) -> None:
    async with throttle_on("redis://127.0.0.1:1/0") as throttle:
        for _ in range(3):
            assert await throttle.spend("a", RATE, house.clock()) is None
        assert await throttle.spend("a", RATE, house.clock()) is not None
        await throttle.give_back("a", RATE, house.clock())
        assert await throttle.spend("a", RATE, house.clock()) is None


async def test_what_was_tried_longest_ago_is_forgotten_first(house: HouseUnderTest) -> None:
    throttle = LocalThrottle(capacity=2)
    once = Rate(1, timedelta(hours=1))
    for key in "abc":
        assert await throttle.spend(key, once, house.clock()) is None
    assert await throttle.spend("c", once, house.clock()) is not None
    assert await throttle.spend("a", once, house.clock()) is None


async def test_sign_in_is_counted_by_account_wherever_strangers_come_from(
    house: HouseUnderTest,
) -> None:
    await a_person(house)
    await enter(house, HOME)
    for number in range(10):
        async with refused(house, RefusalCode.SIGN_IN_FAILED):
            await enter(house, Origin(f"198.51.{number}.1"), password=OTHER_PASSWORD)
    async with refused(house, RefusalCode.THROTTLED, retry_after_s=180):
        await enter(house, Origin("192.0.2.200"))
    # The owner at home has a count of their own, and so has everybody else's account.
    await enter(house, HOME)
    await a_person(house, "hong@example.com")
    await enter(house, Origin("192.0.2.200"), email="hong@example.com")
    house.clock.advance(minutes=3)
    await enter(house, Origin("192.0.2.200"))


async def test_at_home_guesses_are_counted_as_well(house: HouseUnderTest) -> None:
    await a_person(house)
    await enter(house, HOME)
    for code in [RefusalCode.SIGN_IN_FAILED] * 10 + [RefusalCode.THROTTLED]:
        async with refused(house, code):
            await enter(house, HOME, password=OTHER_PASSWORD)


async def test_who_knows_the_password_is_never_throttled(house: HouseUnderTest) -> None:
    await a_person(house)
    for _ in range(30):
        await enter(house, AWAY)


async def test_one_address_tries_many_accounts_and_is_stopped(house: HouseUnderTest) -> None:
    burst = ADDRESS_RATES[Door.SIGN_IN].burst
    for number in range(burst):
        await knock(house, Door.SIGN_IN, THIEF, f"{number}")
    with pytest.raises(Refused) as caught:
        await knock(house, Door.SIGN_IN, THIEF, "another")
    assert caught.value.refusal.details == {"retry_after_s": 2}
    await knock(house, Door.SIGN_IN, replace(THIEF, address="192.0.2.67"), "another")
    assert house.attempts.by_nobody["signIn:throttled"] == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("203.0.113.1", "::ffff:203.0.113.1", True),
    ],
)
async def test_an_address_is_what_one_caller_has(
    house: HouseUnderTest, one: str, other: str, *, same: bool
) -> None:
    for number in range(ADDRESS_RATES[Door.RECOVERY].burst):
        await knock(house, Door.RECOVERY, Origin(one), f"{number}")
    try:
        await knock(house, Door.RECOVERY, Origin(other), "another")
    except Refused:
        assert same
    else:
        assert not same


async def test_without_an_address_the_account_alone_counts(house: HouseUnderTest) -> None:
    for _ in range(ACCOUNT_RATES[Door.SIGN_UP].burst):
        await knock(house, Door.SIGN_UP, Origin("not an address"), "a")
    with pytest.raises(Refused):
        await knock(house, Door.SIGN_UP, Origin("not an address"), "a")


async def test_a_network_is_ones_own_after_a_sign_in(house: HouseUnderTest) -> None:
    await a_person(house)
    person = await find_person(ActorKind.CUSTOMER, EMAIL)
    assert await own_network(person, HOME) is None
    await enter(house, HOME)
    assert await own_network(person, replace(HOME, address="203.0.113.200")) == "203.0.113.0/24"
    assert await own_network(person, AWAY) is None
    assert await own_network(None, HOME) is None
    assert await own_network(person, Origin()) is None


async def test_signing_up_is_counted(house: HouseUnderTest) -> None:
    for number in range(ADDRESS_RATES[Door.SIGN_UP].burst):
        await knock(house, Door.SIGN_UP, THIEF, f"{number}")
    async with refused(house, RefusalCode.THROTTLED, retry_after_s=20):
        await sign_up(house, SignUp(a_key(), EMAIL, PASSWORD), THIEF)


async def test_what_is_counted_tells_nobody_who_exists(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same number of hashes, the same refusals, after the same number of tries."""
    await a_person(house)
    compared: list[str | None] = []

    async def count(password: str, password_hash: str | None) -> bool:
        compared.append(password_hash)
        return await passwords.password_matches(password, password_hash)

    monkeypatch.setattr(signing_in, "password_matches", count)
    told = []
    for email in (EMAIL, "nobody@example.com"):
        compared.clear()
        codes = []
        for _ in range(12):
            with pytest.raises(Refused) as caught:
                await sign_in(house, email, OTHER_PASSWORD, ActorKind.CUSTOMER, AWAY)
            codes.append((caught.value.refusal.code, caught.value.refusal.details))
        told.append((codes, len(compared)))
    assert told[0] == told[1]
    assert told[0][1] == 10


async def test_failures_of_nobodys_are_counted_and_the_staffs_are_audited(
    house: HouseUnderTest,
) -> None:
    await a_person(house)
    email = await a_colleague(house)
    for who, kind in (
        (EMAIL, ActorKind.CUSTOMER),
        ("nobody@example.com", ActorKind.OPERATOR),
        (email, ActorKind.OPERATOR),
    ):
        async with refused(house, RefusalCode.SIGN_IN_FAILED):
            await enter(house, AWAY, email=who, password=OTHER_PASSWORD, kind=kind)
    assert house.attempts.by_nobody == {"signIn:CUSTOMER": 1, "signIn:OPERATOR": 1}
    assert await AuditEntry.all().count() == 1


async def test_neither_address_nor_account_is_kept_where_tries_are_counted(
    house: HouseUnderTest, redis_url: str
) -> None:
    async with throttle_on(redis_url) as throttle:
        shared = replace(house, throttle=throttle)
        await a_person(shared)
        with pytest.raises(Refused):
            await enter(shared, AWAY, password=OTHER_PASSWORD)
        keys = await throttle._redis.keys("*")
        assert len(keys) == 2
        kept = str(keys)
        assert EMAIL not in kept
        assert str(AWAY.address) not in kept
    assert str(AWAY.address) not in str(await dump()) + repr(AWAY)
