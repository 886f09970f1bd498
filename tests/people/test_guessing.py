"""How far somebody gets who guesses, door by door: what is a count, an answer, or a chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

import pytest

from models import Session, StaffMember
from models.kinds import CodePurpose, StaffKind, StaffStanding
from services import passwords
from services.actors import ActorKind
from services.origin import Origin
from services.parameters import DEFAULTS, ParameterName
from services.people import sign_in as signing_in
from services.people.codes import CODE_DIGITS, CODE_LIVES, CODE_TRIES
from services.people.doors import ACCOUNT_RATES, ADDRESS_RATES, Door, knock
from services.people.pin_rules import PIN_DIGITS
from services.people.refresh_session import refresh_session
from services.people.sign_in import sign_in
from services.refusals import RefusalCode, Refused
from services.secrets import new_secret
from services.throttling import Rate
from tests.factories import HouseUnderTest, a_key, a_member, refused
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

DAY = timedelta(days=1)
YEAR_DAYS = 365
SMALL = 0.01
"""The chance that a guess is right within a year, of which nobody need be afraid."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Keeps knocking, at one account from ever new addresses, or the other way round."""

    house: HouseUnderTest
    door: Door
    by_account: bool

    async def once(self, number: int) -> None:
        """Try once more."""
        account = "the victim" if self.by_account else f"victim {number}"
        origin = Origin(f"198.51.{number % 250}.{number // 250 + 1}") if self.by_account else THIEF
        await knock(self.house, self.door, origin, account)

    async def until_throttled(self, begin: int = 0) -> tuple[int, int]:
        """Return how many tries were let pass, and how many seconds are to wait then."""
        for number in range(begin, begin + 1_000):
            try:
                await self.once(number)
            except Refused as no:
                return number - begin, no.refusal.details["retry_after_s"]
        raise AssertionError("it is never throttled")


@pytest.mark.parametrize("by_account", [True, False], ids=["by account", "by address"])
async def test_every_door_is_shut_after_a_while_and_opens_again(
    house: HouseUnderTest, *, by_account: bool
) -> None:
    rates = ACCOUNT_RATES if by_account else ADDRESS_RATES
    assert set(rates) == set(Door)
    for door, rate in rates.items():
        tried = Tried(house, door, by_account)
        passed, wait_s = await tried.until_throttled()
        assert passed == rate.burst
        assert 0 < wait_s <= max(rate.every.total_seconds(), 1)
        house.clock.advance(seconds=wait_s)
        passed, _ = await tried.until_throttled(begin=2_000)
        assert passed >= 1
        house.clock.advance(days=1)
        passed, _ = await tried.until_throttled(begin=4_000)
        assert passed == rate.burst


def a_day(rate: Rate) -> float:
    """Return how many tries a rate lets pass on a day, the first ones included."""
    return rate.burst + DAY / rate.every


def test_what_is_short_is_guessed_in_vain() -> None:
    """Whatever a guesser has: a year and all the addresses there are; for the PIN a session too.

    That is a day's, since the owner is told as soon as it is locked for the first time.
    """
    tries, lock_s = DEFAULTS[ParameterName.PIN_TRIES], DEFAULTS[ParameterName.PIN_LOCK_S]
    locked = tries * (DAY.total_seconds() / lock_s)
    pins = min(locked, a_day(ACCOUNT_RATES[Door.PIN]))
    mailed = a_day(ACCOUNT_RATES[Door.RECOVERY]) * CODE_TRIES
    assert pins / 10**PIN_DIGITS < SMALL
    assert mailed * YEAR_DAYS / 10**CODE_DIGITS < SMALL
    assert all(life <= DAY for life in CODE_LIVES.values())
    assert set(CODE_LIVES) == set(CodePurpose)
    # A password may be anything: of the thousand that come first none is taken, and the tries of
    # a year do not get through a dictionary with a year behind each of its words.
    assert a_day(ACCOUNT_RATES[Door.SIGN_IN]) * YEAR_DAYS < 200_000


@pytest.fixture
def compared() -> Iterator[list[str | None]]:
    """The hashes that passwords were compared with, in order."""
    found: list[str | None] = []

    async def noting(password: str, password_hash: str | None) -> bool:
        found.append(password_hash)
        return await passwords.password_matches(password, password_hash)

    with patch.object(signing_in, "password_matches", noting):
        yield found


@pytest.mark.parametrize("kind", [ActorKind.OPERATOR, ActorKind.SUPERVISOR])
async def test_the_staffs_door_tells_nobody_who_is_of_the_staff(
    house: HouseUnderTest, compared: list[str | None], kind: ActorKind
) -> None:
    own = StaffKind(kind.value)
    gone = await a_member(house, own, standing=StaffStanding.DEACTIVATED)
    invited = await a_member(house, own, standing=StaffStanding.INVITED)
    await StaffMember.filter(id=invited.id).update(password_hash=None)
    await a_person(house)  # a customer, who knocks here with the right password
    told = []
    for email in (await a_colleague(house, own), gone.email, invited.email, EMAIL, "no@one.com"):
        compared.clear()
        password = PASSWORD if email == EMAIL else OTHER_PASSWORD
        with pytest.raises(Refused) as caught:
            await sign_in(house, email, password, kind, AWAY)
        told.append((str(caught.value), caught.value.refusal, len(compared)))
    assert len(compared) == 1
    assert all(each == told[0] for each in told)


async def test_refresh_tokens_are_guessed_in_vain_and_not_for_long(house: HouseUnderTest) -> None:
    await a_person(house)
    there = await enter(house)
    for _ in range(ADDRESS_RATES[Door.REFRESH].burst):
        with pytest.raises(Refused) as caught:
            await refresh_session(house, new_secret("coffer_rt_"), a_key(), THIEF)
        assert caught.value.refusal.code is RefusalCode.SESSION_ENDED
    async with refused(house, RefusalCode.THROTTLED, retry_after_s=1):
        await refresh_session(house, new_secret("coffer_rt_"), a_key(), THIEF)
    # The owner's session is none the worse for it.
    await refresh_session(house, there.tokens.refresh_token, a_key(), HOME)
    assert await Session.filter(ended_at=None).count() == 1


async def test_whoever_is_in_stays_in_while_all_doors_are_besieged(house: HouseUnderTest) -> None:
    """From every address there is, for a day; at home, and with a session, nothing is noticed."""
    await a_person(house)
    there = await enter(house, HOME)
    for _ in range(6):
        for door in Door:
            account = f"{ActorKind.CUSTOMER}:{EMAIL}"
            for number in range(ACCOUNT_RATES[door].burst):
                try:
                    await knock(house, door, Origin(f"198.51.{number}.9"), account)
                except Refused:
                    break
        async with refused(house, RefusalCode.THROTTLED):
            await enter(house, AWAY)
        there_again = await enter(house, HOME)
        await refresh_session(house, there_again.tokens.refresh_token, a_key(), HOME)
        house.clock.advance(hours=4)
    await refresh_session(house, there.tokens.refresh_token, a_key(), AWAY)
    await enter(house, AWAY)
