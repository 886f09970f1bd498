"""A password is changed by the present one, and ends every other session."""

from functools import partial

import pytest

from models import Answer, AuditEntry
from models.kinds import StaffKind
from services.actors import ActorKind, NotAllowed
from services.people.authenticate import renewed
from services.people.change_password import PasswordChange, change_password
from services.people.sign_in import sign_in
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    a_key,
    a_platform,
    beside,
    dump,
    events,
    id_of,
    in_turn,
    on_postgres,
    refused,
    replayed,
)
from tests.people.access import (
    AWAY,
    EMAIL,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    a_colleague,
    a_person,
    enter,
    mailed,
)


async def test_the_new_one_holds_and_other_sessions_end(house: HouseUnderTest) -> None:
    await a_person(house)
    here, there = await enter(house), await enter(house, AWAY)
    change = PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
    answered = await replayed(partial(change_password, house, here.actor, change, HOME))
    assert answered.body == {"ended": 1}
    assert await renewed(house.clock, here.actor) is not None
    assert await renewed(house.clock, there.actor) is None
    with pytest.raises(Refused):
        await enter(house)
    await enter(house, password=OTHER_PASSWORD)
    (letter,) = await mailed(house)
    assert (letter.to, letter.subject) == (EMAIL, "Your password was changed")
    assert await events() == [("SECURITY_NOTICE", f"customer:{here.actor.id}")]
    assert (await AuditEntry.get(action="changePassword")).object_id == here.actor.id


@pytest.mark.parametrize("kind", StaffKind)
async def test_the_staff_change_theirs(house: HouseUnderTest, kind: StaffKind) -> None:
    email = await a_colleague(house, kind)
    here = await enter(house, email=email, kind=ActorKind(kind.value))
    await change_password(
        house, here.actor, PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD), HOME
    )
    await enter(house, email=email, password=OTHER_PASSWORD, kind=ActorKind(kind.value))


async def test_a_stolen_token_changes_no_password(house: HouseUnderTest) -> None:
    await a_person(house)
    here = await enter(house)
    for _ in range(5):
        async with refused(house, RefusalCode.WRONG_PASSWORD, "currentPassword"):
            change = PasswordChange(a_key(), OTHER_PASSWORD, OTHER_PASSWORD)
            await change_password(house, here.actor, change, AWAY)
    async with refused(house, RefusalCode.THROTTLED, retry_after_s=300):
        change = PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
        await change_password(house, here.actor, change, AWAY)
    entries = await AuditEntry.filter(action="changePassword")
    assert [entry.code for entry in entries] == [RefusalCode.WRONG_PASSWORD] * 5
    # From where the owner is known, the owner is not kept out.
    await change_password(
        house, here.actor, PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD), HOME
    )


async def test_a_password_that_is_guessed_first_is_not_taken(house: HouseUnderTest) -> None:
    await a_person(house)
    here = await enter(house)
    async with refused(house, RefusalCode.WEAK_PASSWORD, "newPassword"):
        change = PasswordChange(a_key(), PASSWORD, "password2026")
        await change_password(house, here.actor, change, HOME)


async def test_no_password_is_kept(house: HouseUnderTest) -> None:
    await a_person(house)
    here = await enter(house)
    change = PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
    await change_password(house, here.actor, change, HOME)
    kept = str(await dump()) + str(await Answer.all().values()) + str(await AuditEntry.all())
    assert PASSWORD not in kept + repr(change)
    assert OTHER_PASSWORD not in kept + repr(change)


async def test_programs_have_no_password(house: HouseUnderTest) -> None:
    platform, change = await a_platform(house), PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
    with pytest.raises(NotAllowed):
        await change_password(house, platform, change)


@on_postgres
async def test_nobody_slips_in_behind_it_with_the_password_of_before(
    house: HouseUnderTest,
) -> None:
    person = await a_person(house)
    here = await enter(house)
    change = PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
    async with beside(house) as other:
        changed, slipped = await in_turn(
            house,
            "customer",
            id_of(person),
            lambda: change_password(other, here.actor, change, HOME),
            lambda: sign_in(house, EMAIL, PASSWORD, ActorKind.CUSTOMER, AWAY),
        )
    assert not isinstance(changed, BaseException)
    assert isinstance(slipped, Refused)
    assert slipped.refusal.code is RefusalCode.SIGN_IN_FAILED
