"""A refresh token is good once; whoever comes with a spent one ends the session for both."""

from uuid import UUID

import pytest

from models import AuditEntry, RefreshToken, Session
from models.kinds import SessionState
from services.actors import ActorKind
from services.people.authenticate import BadCredentials, authenticate_token, renewed
from services.people.refresh_session import RETRY_LIFE, refresh_session
from services.people.sessions import IDLE_LIFE, TOKEN_LIFE, WHOLE_LIFE, SignedIn
from services.people.sign_out import sign_out
from services.refusals import RefusalCode, Refused
from services.staff.deactivate import deactivate_staff
from tests.factories import (
    HouseUnderTest,
    a_key,
    an_operator,
    at_once,
    beside,
    dump,
    events,
    id_of,
    in_turn,
    on_postgres,
    refused,
)
from tests.people.access import (
    AWAY,
    EMAIL,
    HOME,
    THIEF,
    Entered,
    a_colleague,
    a_person,
    enter,
    mailed,
)


async def refreshed(house: HouseUnderTest, tokens: SignedIn, key: str | None = None) -> SignedIn:
    return await refresh_session(house, tokens.refresh_token, key or a_key(), HOME)


async def is_good(house: HouseUnderTest, tokens: SignedIn) -> bool:
    try:
        await authenticate_token(house.clock, tokens.token)
    except BadCredentials:
        return False
    return True


async def entered(house: HouseUnderTest) -> Entered:
    await a_person(house)
    return await enter(house)


async def is_stolen(house: HouseUnderTest, session_id: UUID | None) -> bool:
    """Tell whether a session was ended as stolen, with everything that goes with it."""
    session = await Session.get(id=session_id)
    told = [kind for kind, _ in await events("customer:") if kind == "SECURITY_NOTICE"]
    letters = [letter for letter in await mailed(house) if letter.to == EMAIL]
    audited = await AuditEntry.filter(action="endStolenSession")
    counts = {len(told), len(letters), len(audited)}
    assert counts <= {1} or counts <= {0}
    assert (session.state == SessionState.ENDED) is (counts == {1})
    return counts == {1}


async def test_each_pair_is_another_one_and_the_one_before_is_dead(house: HouseUnderTest) -> None:
    first = (await entered(house)).tokens
    house.clock.advance(minutes=1)
    second = await refreshed(house, first)
    assert {first.token, first.refresh_token}.isdisjoint({second.token, second.refresh_token})
    assert not await is_good(house, first)
    assert await is_good(house, second)
    third = await refreshed(house, second)
    assert await is_good(house, third)
    assert await Session.all().count() == 1


async def test_nothing_that_is_kept_opens_anything(house: HouseUnderTest) -> None:
    first = (await entered(house)).tokens
    second = await refreshed(house, first)
    kept = str(await dump())
    for secret in (first.token, first.refresh_token, second.token, second.refresh_token):
        assert secret not in kept
        assert secret not in repr(first) + repr(second)


async def test_a_session_goes_on_while_it_is_used(house: HouseUnderTest) -> None:
    begun = house.clock()
    tokens = (await entered(house)).tokens
    assert tokens.expires_at == begun + TOKEN_LIFE
    while house.clock() - begun < WHOLE_LIFE[ActorKind.CUSTOMER] - IDLE_LIFE[ActorKind.CUSTOMER]:
        house.clock.advance(days=29)
        tokens = await refreshed(house, tokens)
    assert tokens.session_expires_at == begun + WHOLE_LIFE[ActorKind.CUSTOMER]


async def test_a_session_that_nobody_refreshes_is_over(house: HouseUnderTest) -> None:
    there = await entered(house)
    house.clock.advance(days=30)
    async with refused(house, RefusalCode.SESSION_ENDED):
        await refreshed(house, there.tokens)
    assert await renewed(house.clock, there.actor) is None


async def test_a_token_of_nobodys_and_one_of_an_ended_session_are_refused_alike(
    house: HouseUnderTest,
) -> None:
    there = await entered(house)
    await sign_out(house, there.actor)
    for token in (there.tokens.refresh_token, "coffer_rt_made-up", there.tokens.token):
        async with refused(house, RefusalCode.SESSION_ENDED):
            await refresh_session(house, token, a_key())
    assert house.attempts.by_nobody["refreshSession"] == 2


async def test_the_thief_comes_first_and_the_owner_later(house: HouseUnderTest) -> None:
    there = await entered(house)
    stolen = await refresh_session(house, there.tokens.refresh_token, a_key(), THIEF)
    assert not await is_stolen(house, there.actor.credential_id)
    # The owner's access token is dead, so the owner refreshes: and both are out.
    assert not await is_good(house, there.tokens)
    with pytest.raises(Refused) as caught:
        await refreshed(house, there.tokens)
    assert caught.value.refusal.code is RefusalCode.SESSION_ENDED
    assert not await is_good(house, stolen)
    async with refused(house, RefusalCode.SESSION_ENDED):
        await refreshed(house, stolen)
    assert await is_stolen(house, there.actor.credential_id)
    entry = await AuditEntry.get(action="endStolenSession")
    assert (entry.principal, entry.object_id) == ("system", there.actor.id)


async def test_the_owner_comes_first_and_the_thief_later(house: HouseUnderTest) -> None:
    there = await entered(house)
    owned = await refreshed(house, there.tokens)
    with pytest.raises(Refused):
        await refresh_session(house, there.tokens.refresh_token, a_key(), THIEF)
    assert not await is_good(house, owned)
    async with refused(house, RefusalCode.SESSION_ENDED):
        await refreshed(house, owned)
    assert await is_stolen(house, there.actor.credential_id)


async def test_an_older_token_of_the_family_ends_it_as_well(house: HouseUnderTest) -> None:
    there = await entered(house)
    second = await refreshed(house, there.tokens)
    third = await refreshed(house, second)
    with pytest.raises(Refused):
        await refresh_session(house, there.tokens.refresh_token, a_key(), THIEF)
    assert not await is_good(house, third)
    assert await is_stolen(house, there.actor.credential_id)


async def test_other_sessions_of_the_owner_go_on(house: HouseUnderTest) -> None:
    there = await entered(house)
    telephone = await enter(house, AWAY)
    await refreshed(house, there.tokens)
    with pytest.raises(Refused):
        await refreshed(house, there.tokens)
    assert await is_good(house, telephone.tokens)


async def test_an_answer_that_was_lost_is_asked_for_again(house: HouseUnderTest) -> None:
    there, key = await entered(house), a_key()
    lost = await refreshed(house, there.tokens, key)
    house.clock.advance(seconds=59)
    again = await refreshed(house, there.tokens, key)
    assert again.refresh_token != lost.refresh_token
    assert await is_good(house, again)
    assert not await is_good(house, lost)
    assert await is_good(house, await refreshed(house, again))
    assert not await is_stolen(house, there.actor.credential_id)


async def test_the_lost_answer_that_turns_up_all_the_same_ends_it(house: HouseUnderTest) -> None:
    """Whoever has it is not who asked again: one of the two is a thief."""
    there, key = await entered(house), a_key()
    lost = await refreshed(house, there.tokens, key)
    again = await refreshed(house, there.tokens, key)
    with pytest.raises(Refused):
        await refresh_session(house, lost.refresh_token, a_key(), THIEF)
    assert not await is_good(house, again)
    assert await is_stolen(house, there.actor.credential_id)


async def test_asking_again_too_late_ends_it(house: HouseUnderTest) -> None:
    there, key = await entered(house), a_key()
    await refreshed(house, there.tokens, key)
    house.clock.advance(seconds=RETRY_LIFE.total_seconds() + 1)
    with pytest.raises(Refused):
        await refreshed(house, there.tokens, key)
    assert await is_stolen(house, there.actor.credential_id)


async def test_asking_again_when_the_next_was_used_ends_it(house: HouseUnderTest) -> None:
    there, key = await entered(house), a_key()
    second = await refreshed(house, there.tokens, key)
    await refreshed(house, second)
    with pytest.raises(Refused):
        await refreshed(house, there.tokens, key)
    assert await is_stolen(house, there.actor.credential_id)


async def test_who_was_deactivated_does_not_go_on(house: HouseUnderTest) -> None:
    manager, email = await an_operator(house), await a_colleague(house)
    there = await enter(house, email=email, kind=ActorKind.OPERATOR)
    await deactivate_staff(house, manager, a_key(), id_of(there.actor), "Left")
    with pytest.raises(Refused):
        await refreshed(house, there.tokens)


async def test_the_staff_is_told_as_well(house: HouseUnderTest) -> None:
    email = await a_colleague(house)
    there = await enter(house, email=email, kind=ActorKind.OPERATOR)
    await refreshed(house, there.tokens)
    with pytest.raises(Refused):
        await refreshed(house, there.tokens)
    assert [letter.to for letter in await mailed(house)] == [email]
    assert await events("member:") == [("SECURITY_NOTICE", f"member:{there.actor.id}")]


async def test_two_at_once_are_one_and_a_theft(house: HouseUnderTest) -> None:
    there = await entered(house)
    results = await at_once(refreshed(house, there.tokens), refreshed(house, there.tokens))
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert await is_stolen(house, there.actor.credential_id)


async def test_the_same_request_twice_at_once_leaves_one_that_is_good(
    house: HouseUnderTest,
) -> None:
    there, key = await entered(house), a_key()
    asked = (refreshed(house, there.tokens, key) for _ in range(4))
    pairs = [pair for pair in await at_once(*asked) if isinstance(pair, SignedIn)]
    assert len(pairs) == 4
    good = [pair for pair in pairs if await is_good(house, pair)]
    assert len(good) == 1
    assert await RefreshToken.filter(spent_at=None).count() == 1
    assert await is_good(house, await refreshed(house, good[0]))


@on_postgres
async def test_a_session_that_ends_meanwhile_gives_no_more(house: HouseUnderTest) -> None:
    there = await entered(house)
    async with beside(house) as other:
        ended, pair = await in_turn(
            house,
            "session",
            there.actor.credential_id or UUID(int=0),
            lambda: sign_out(other, there.actor),
            lambda: refreshed(house, there.tokens),
        )
    assert not isinstance(ended, BaseException)
    assert isinstance(pair, Refused)
    assert await RefreshToken.all().count() == 1
    assert not await AuditEntry.filter(action="endStolenSession").exists()
