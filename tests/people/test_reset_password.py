"""A forgotten password is set anew with a mailed code, and nobody learns who exists."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from models import Answer, AuditEntry, MailedCode, OutgoingMail
from models.kinds import StaffKind
from services import passwords
from services.actors import ActorKind
from services.people import reset_password as resetting
from services.people.authenticate import renewed
from services.people.request_password_reset import request_password_reset
from services.people.reset_password import PasswordReset, Recovered, reset_password
from services.refusals import RefusalCode, Refused
from tests.factories import HouseUnderTest, a_key, at_once, dump, new_id, refused, replayed
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
    last_code,
    mailed,
)

NOBODY = "nobody@example.com"


async def asked(house: HouseUnderTest, email: str = EMAIL) -> UUID:
    answered = await request_password_reset(house, a_key(), email, ActorKind.CUSTOMER, AWAY)
    return UUID(answered.body["recovery_id"])


async def reset(
    house: HouseUnderTest, recovery_id: UUID, code: str, new: str = OTHER_PASSWORD
) -> Recovered:
    return await reset_password(house, PasswordReset(a_key(), recovery_id, code, new), AWAY)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was hashed since the test began."""
    done: list[str] = []

    async def count(password: str) -> str:
        done.append(password)
        return await passwords.hash_password(password)

    monkeypatch.setattr(resetting, "hash_password", count)
    return done


async def test_the_code_sets_it_and_signs_in(house: HouseUnderTest) -> None:
    await a_person(house)
    before = await enter(house)
    recovery_id = await asked(house)
    code = await last_code(house)
    given = PasswordReset(a_key(), recovery_id, code, OTHER_PASSWORD)
    recovered = await reset_password(house, given, AWAY)
    assert recovered.answered.body == {"ended": 1}
    assert recovered.signed_in is not None
    assert await renewed(house.clock, before.actor) is None
    await enter(house, password=OTHER_PASSWORD)
    with pytest.raises(Refused):
        await enter(house)
    assert [letter.to for letter in await mailed(house)] == [EMAIL, EMAIL]
    # Its answer was lost: asked again, it tells that it is done, and no token.
    again = await reset_password(house, given, AWAY)
    assert again == Recovered(replace(recovered.answered, replayed=True), None)


@pytest.mark.parametrize("kind", [ActorKind.OPERATOR, ActorKind.SUPERVISOR])
async def test_the_staff_recover_theirs_by_their_own_door(
    house: HouseUnderTest, kind: ActorKind
) -> None:
    email = await a_colleague(house, StaffKind(kind.value))
    await request_password_reset(house, a_key(), email, ActorKind.CUSTOMER, HOME)
    assert await mailed(house) == []
    answered = await request_password_reset(house, a_key(), email, kind, HOME)
    code = await last_code(house)
    recovered = await reset(house, UUID(answered.body["recovery_id"]), code)
    assert recovered.signed_in is not None
    assert recovered.signed_in.person_kind is kind
    assert await AuditEntry.filter(action="resetPassword").count() == 1


async def test_a_code_is_good_once_and_takes_the_others_along(house: HouseUnderTest) -> None:
    await a_person(house)
    first = await asked(house)
    first_code = await last_code(house)
    second = await asked(house)
    code = await last_code(house)
    await reset(house, second, code)
    for recovery_id, given in ((second, code), (first, first_code)):
        with pytest.raises(Refused) as caught:
            await reset(house, recovery_id, given)
        assert caught.value.refusal.code is RefusalCode.CODE_WRONG


async def test_a_code_is_short_lived(house: HouseUnderTest) -> None:
    await a_person(house)
    recovery_id = await asked(house)
    code = await last_code(house)
    house.clock.advance(minutes=20)
    with pytest.raises(Refused) as caught:
        await reset(house, recovery_id, code)
    assert caught.value.refusal.code is RefusalCode.CODE_WRONG


async def test_five_guesses_use_it_up_however_they_come(house: HouseUnderTest) -> None:
    await a_person(house)
    recovery_id = await asked(house)
    code = await last_code(house)
    guesses = [reset(house, recovery_id, wrong(code)) for _ in range(5)]
    assert all(isinstance(result, Refused) for result in await at_once(*guesses))
    with pytest.raises(Refused) as caught:
        await reset(house, recovery_id, code)
    assert caught.value.refusal.code is RefusalCode.CODE_WRONG
    assert (await MailedCode.get()).tries_left == 0


async def test_a_stranger_does_not_use_up_the_owners_guesses(house: HouseUnderTest) -> None:
    await a_person(house)
    theirs = await asked(house)
    code = await last_code(house)
    strangers = await asked(house)
    await mailed(house)
    for _ in range(5):
        with pytest.raises(Refused):
            await reset_password(
                house, PasswordReset(a_key(), strangers, code, OTHER_PASSWORD), THIEF
            )
    await reset(house, theirs, code)


async def test_a_code_opens_with_its_own_request_alone(house: HouseUnderTest) -> None:
    await a_person(house)
    await asked(house)
    code = await last_code(house)
    async with refused(house, RefusalCode.CODE_WRONG, "code"):
        await reset(house, new_id(), code)


async def test_nobody_is_told_who_exists(house: HouseUnderTest, hashes: list[str]) -> None:
    """The same answers, by the same work: rows, guesses, and no hash before a code is right."""
    await a_person(house)
    await a_person(house, "unproved@example.com", proved=False)
    kept = []
    for email in (EMAIL, NOBODY, "unproved@example.com"):
        before = await dump()
        answered = await request_password_reset(house, a_key(), email, ActorKind.CUSTOMER, AWAY)
        assert set(answered.body) == {"recovery_id"}
        after = await dump()
        kept.append({name: len(rows) - len(before[name]) for name, rows in after.items()})
        recovery_id = UUID(answered.body["recovery_id"])
        letters = len(await mailed(house))
        assert letters == 1
        row = await MailedCode.get(id=recovery_id)
        assert (row.person_id is None) is (email != EMAIL)
        with pytest.raises(Refused) as caught:
            await reset(house, recovery_id, "not a code")
        assert caught.value.refusal.code is RefusalCode.CODE_WRONG
        assert (await MailedCode.get(id=recovery_id)).tries_left == row.tries_left - 1
    assert kept[0] == kept[1] == kept[2]
    assert hashes == []
    assert not await OutgoingMail.exists()


async def test_asking_is_repeated_by_its_key(house: HouseUnderTest) -> None:
    await a_person(house)
    await replayed(partial(request_password_reset, house, a_key(), EMAIL))
    assert await OutgoingMail.all().count() == 1


@pytest.mark.parametrize("email", [EMAIL, NOBODY])
async def test_a_mailbox_is_not_flooded(house: HouseUnderTest, email: str) -> None:
    await a_person(house)
    await enter(house, HOME)
    for _ in range(3):
        await asked(house, email)
    async with refused(house, RefusalCode.THROTTLED, retry_after_s=1200):
        await asked(house, email)
    if email == EMAIL:
        # At home the owner is not kept out by what strangers asked for.
        await request_password_reset(house, a_key(), email, ActorKind.CUSTOMER, HOME)
    house.clock.advance(minutes=20)
    await asked(house, email)


async def test_an_owner_who_is_besieged_gets_in(house: HouseUnderTest) -> None:
    """Strangers used up their tries; the code lets the owner in, wherever they are."""
    await a_person(house)
    for code in [RefusalCode.SIGN_IN_FAILED] * 10 + [RefusalCode.THROTTLED]:
        async with refused(house, code):
            await enter(house, THIEF, password="a wild guess")
    async with refused(house, RefusalCode.THROTTLED):
        await enter(house, AWAY)
    recovery_id = await asked(house)
    assert (await reset(house, recovery_id, await last_code(house))).signed_in is not None
    await enter(house, AWAY, password=OTHER_PASSWORD)


async def test_a_password_that_is_guessed_first_is_not_taken(house: HouseUnderTest) -> None:
    await a_person(house)
    recovery_id = await asked(house)
    code = await last_code(house)
    with pytest.raises(Refused) as caught:
        await reset(house, recovery_id, code, "ming1234567")
    assert caught.value.refusal.code is RefusalCode.WEAK_PASSWORD
    await reset(house, recovery_id, code)


async def test_neither_code_nor_password_is_kept(house: HouseUnderTest) -> None:
    await a_person(house)
    recovery_id = await asked(house)
    code = await last_code(house)
    given = PasswordReset(a_key(), recovery_id, code, OTHER_PASSWORD)
    recovered = await reset_password(house, given, AWAY)
    assert recovered.signed_in is not None
    kept = str(await dump()) + str(await Answer.all().values())
    kept += str(await AuditEntry.all().values()) + repr(given) + repr(recovered)
    for secret in (
        code,
        PASSWORD,
        OTHER_PASSWORD,
        recovered.signed_in.token,
        recovered.signed_in.refresh_token,
    ):
        assert secret not in kept
