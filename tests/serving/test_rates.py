"""Token buckets by caller and by address, in one process and over several."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from app.adapters.redis_buckets import RedisBuckets
from app.client_address import read_networks
from app.rates import Buckets, Rates
from app.settings import RATES, Settings
from app.transport import Client
from models.kinds import PartnerKind
from services.actors import NOBODY, Actor, ActorKind, partner_actor
from services.throttling import Rate
from tests.serving.graphql import client
from tests.stories.coffer import Coffer

PER_SECOND = Rate(3, timedelta(seconds=1))
KEY = ("customer", "one")
USUAL = {whose: rate for whose, (_, rate) in RATES.items() if rate is not None}
HOME = Client({}, "192.0.2.1")


class Clock:
    """Seconds that a test turns on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(buckets: Buckets, key: tuple[str, str] = KEY, rate: Rate = PER_SECOND) -> int:
    """How many units can be taken one by one."""
    count = 0
    while not buckets.wait(key, rate):
        buckets.take(key, rate, 1)
        count += 1
    return count


def test_a_bucket_is_emptied_at_once_and_filled_one_by_one(clock: Clock) -> None:
    buckets = Buckets(clock)
    assert taken(buckets) == 3
    assert buckets.wait(KEY, PER_SECOND) == pytest.approx(1.0)
    clock.now_s += 0.75
    assert buckets.wait(KEY, PER_SECOND) == pytest.approx(0.25)
    clock.now_s += 0.25
    assert taken(buckets) == 1
    clock.now_s += 2
    assert taken(buckets) == 2
    clock.now_s += 1_000
    assert taken(buckets) == 3


def test_who_took_more_than_there_was_waits_for_it(clock: Clock) -> None:
    buckets = Buckets(clock)
    buckets.take(KEY, PER_SECOND, 10)
    assert buckets.wait(KEY, PER_SECOND) == pytest.approx(8.0)


def test_buckets_are_bounded_and_the_idlest_goes(clock: Clock) -> None:
    buckets = Buckets(clock, capacity=2)
    for whose in ("a", "b", "a", "c"):
        buckets.take(("customer", whose), PER_SECOND, 3)
    waits = [buckets.wait(("customer", whose), PER_SECOND) for whose in "abc"]
    assert [wait > 0 for wait in waits] == [True, False, True]


def rates(clock: Clock, **each: Rate) -> Rates:
    return Rates(each, Buckets(clock), ())


def entered(rates: Rates, actor: Actor | None, client: Client = HOME) -> int:
    count = 0
    while not rates.enter(actor, client, 1):
        count += 1
        assert count < 100
    return count


def a_caller(kind: ActorKind = ActorKind.CUSTOMER) -> Actor:
    return Actor(kind, uuid4())


def test_each_caller_has_a_bucket_of_their_own(clock: Clock) -> None:
    each = rates(clock, customer=PER_SECOND, operator=Rate(5, timedelta(seconds=1)))
    one, other = a_caller(), a_caller()
    assert entered(each, one) == 3
    assert entered(each, one, Client({}, "192.0.2.2")) == 0
    assert entered(each, other) == 3
    assert entered(each, a_caller(ActorKind.OPERATOR)) == 5


def test_who_is_nobody_shares_a_bucket_with_their_address(clock: Clock) -> None:
    each = rates(clock, nobody=PER_SECOND)
    assert entered(each, NOBODY) == 3
    # Bad credentials come from the same purse.
    assert entered(each, None) == 0
    assert entered(each, NOBODY, Client({}, "192.0.2.2")) == 3
    # One caller has a whole network of IPv6.
    assert entered(each, NOBODY, Client({}, "2001:db8::1")) == 3
    assert entered(each, NOBODY, Client({}, "2001:db8::2")) == 0
    assert entered(each, NOBODY, Client({}, "2001:db8:0:1::1")) == 3


def test_a_proxy_is_believed_where_it_is_trusted(clock: Clock) -> None:
    behind = [Client({"x-forwarded-for": f"198.51.100.{n}"}, "10.0.0.1") for n in (1, 2)]
    trusted = read_networks("10.0.0.0/8")
    each = Rates({"nobody": PER_SECOND}, Buckets(clock), trusted)
    assert [entered(each, NOBODY, one) for one in behind] == [3, 3]
    each = rates(clock, nobody=PER_SECOND)
    assert [entered(each, NOBODY, one) for one in behind] == [3, 0]


def test_people_of_one_address_share_one_bucket_more(clock: Clock) -> None:
    each = rates(clock, customer=PER_SECOND, address=Rate(4, timedelta(seconds=1)))
    first, second = a_caller(), a_caller()
    assert entered(each, first) == 3
    assert entered(each, second) == 1
    # What the address refused was not taken from the caller.
    assert entered(each, second, Client({}, "192.0.2.2")) == 2
    partner = partner_actor(uuid4(), PartnerKind.SALES_PLATFORM)
    assert each.enter(partner, HOME, 1) == 0


def test_the_longest_wait_is_told(clock: Clock) -> None:
    each = rates(clock, customer=PER_SECOND, address=Rate(3, timedelta(seconds=10)))
    one = a_caller()
    each.owe(one, HOME, 3)
    assert each.enter(one, HOME, 1) == pytest.approx(10.0)


def test_a_partner_without_a_rate_has_no_end(clock: Clock) -> None:
    each = rates(clock, **USUAL)
    partner = partner_actor(uuid4(), PartnerKind.SALES_PLATFORM)
    for _ in range(10_000):
        assert each.enter(partner, HOME, 100) == 0
        each.owe(partner, HOME, 100)


@asynccontextmanager
async def processes(url: str, count: int = 2) -> AsyncIterator[list[tuple[Buckets, RedisBuckets]]]:
    stop = asyncio.Event()
    stop.set()
    made = []
    for _ in range(count):
        buckets = Buckets(shared=True)
        made.append((buckets, RedisBuckets(url, buckets)))
    try:
        yield made
    finally:
        for _, shared in made:
            await shared.settle_until(stop)


SLOW = Rate(10, timedelta(minutes=1))


async def test_processes_learn_what_the_others_have_spent(redis_url: str) -> None:
    async with processes(redis_url) as ((one, shared_one), (other, shared_other)):
        one.take(KEY, SLOW, 8)
        other.take(KEY, SLOW, 1)
        await shared_one.settle()
        await shared_other.settle()
        assert taken(other, rate=SLOW) == 1
        # What is spent while Redis is asked counts as well.
        one.take(KEY, SLOW, 1)
        await shared_other.settle()
        settling = asyncio.ensure_future(shared_one.settle())
        await asyncio.sleep(0)
        one.take(KEY, SLOW, 3)
        await settling
        assert math.ceil(one.wait(KEY, SLOW) / 60) == 5
        await shared_one.settle()
        assert math.ceil(one.wait(KEY, SLOW) / 60) == 5


async def test_many_buckets_are_settled(redis_url: str) -> None:
    keys = [("customer", str(number)) for number in range(2_500)]
    async with processes(redis_url) as ((one, shared_one), (other, shared_other)):
        for key in keys:
            one.take(key, SLOW, 9)
            other.take(key, SLOW, 1)
        await shared_one.settle()
        await shared_other.settle()
        assert all(other.wait(key, SLOW) for key in keys)
        assert not any(one.wait(key, SLOW) for key in keys)


async def test_without_redis_each_process_counts_by_itself() -> None:
    buckets = Buckets(shared=True)
    stop = asyncio.Event()
    shared = RedisBuckets("redis://127.0.0.1:1/0", buckets)
    settling = asyncio.create_task(shared.settle_until(stop))
    await asyncio.sleep(0)
    assert taken(buckets, rate=SLOW) == 10
    stop.set()
    await settling
    assert taken(buckets, rate=SLOW) == 0
    assert buckets.take_unsettled() == {}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, USUAL),
        ({"COFFER_DEV": "1"}, {}),
        (
            {"COFFER_DEV": "1", "COFFER_RATE_PARTNER": "50/500"},
            {"partner": Rate(500, timedelta(seconds=0.02))},
        ),
        ({name: "none" for name, _ in RATES.values()}, {}),
    ],
)
def test_rates_are_read_from_the_settings(given: dict[str, str], expected: dict[str, Rate]) -> None:
    assert Settings.from_environment(given).rates == expected


@pytest.mark.parametrize("given", ["50", "50/", "0/1", "1/0", "-1/5", "1.5/5", "a/b", "None"])
def test_a_rate_that_is_none_is_told(given: str) -> None:
    with pytest.raises(ValueError, match="COFFER_RATE_NOBODY must be like 50/500"):
        Settings.from_environment({"COFFER_RATE_NOBODY": given})


async def test_a_server_tells_whoever_asks_too_much(sqlite_url: str, redis_url: str) -> None:
    coffer = Coffer(
        {
            "COFFER_DATABASE_URL": sqlite_url,
            "COFFER_REDIS_URL": redis_url,
            "COFFER_RATE_NOBODY": "1/5",
        }
    )
    try:
        coffer.start()
        async with client(coffer.port) as http:
            query = {"query": "{ viewer { __typename } }"}
            answers = [await http.post("/graphql", json=query) for _ in range(7)]
        assert coffer.stop() == 0
    finally:
        coffer.close()
    statuses = [answer.status_code for answer in answers]
    assert statuses[:5] == [200] * 5
    assert statuses[-1] == 429
    assert answers[-1].headers["retry-after"] == "1"
