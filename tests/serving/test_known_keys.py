"""A remembered API key is looked up again after a second, and never kept in the clear."""

import asyncio

import pytest

from app.known_keys import LIFE_S, KnownKeys
from app.transport import Client
from models.kinds import PartnerKind
from services.actors import Actor, ActorKind
from services.people.authenticate import BadCredentials
from tests.factories import new_id

HOME = Client({}, "192.0.2.1")
PARTNER = Actor(ActorKind.PARTNER, new_id(), PartnerKind.SALES_PLATFORM)


async def test_a_key_is_looked_up_once_a_second_and_dies_when_revoked() -> None:
    now_s, revoked, asked = 100.0, False, 0

    async def look_up(api_key: str, _: Client) -> Actor:
        nonlocal asked
        asked += 1
        if revoked or api_key != "good":
            raise BadCredentials
        return PARTNER

    known = KnownKeys(look_up, lambda: now_s)
    assert await known.actor_of("good", HOME) is PARTNER
    revoked = True
    assert await known.actor_of("good", HOME) is PARTNER
    assert asked == 1
    assert "good" not in str(known._known)
    now_s += LIFE_S
    for _ in range(2):
        with pytest.raises(BadCredentials):
            await known.actor_of("good", HOME)
    assert asked == 3


async def test_a_bad_key_is_looked_up_each_time() -> None:
    asked = 0

    async def look_up(_: str, __: Client) -> Actor:
        nonlocal asked
        asked += 1
        raise BadCredentials

    known = KnownKeys(look_up)
    for _ in range(3):
        with pytest.raises(BadCredentials):
            await known.actor_of("bad", HOME)
    assert asked == 3


async def test_many_who_ask_at_once_with_a_good_key_are_one_look_up() -> None:
    asked: list[str] = []
    answer = asyncio.Event()

    async def look_up(api_key: str, _: Client) -> Actor:
        asked.append(api_key)
        await answer.wait()
        if api_key != "good":
            raise BadCredentials
        return PARTNER

    known = KnownKeys(look_up)
    keys = ["good", "bad"] * 3
    asking = [asyncio.create_task(known.actor_of(key, HOME)) for key in keys]
    await asyncio.sleep(0)
    answer.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert answers[::2] == [PARTNER] * 3
    # Whoever has a bad one is looked at apart, and learns nothing from the others.
    assert [type(each) for each in answers[1::2]] == [BadCredentials] * 3
    assert (asked.count("good"), asked.count("bad")) == (1, 3)
    assert not known._asked
