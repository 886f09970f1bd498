"""A mail is sent until it is taken or its time is over; a code lies nowhere but in its letter."""

from datetime import timedelta

import pytest

from models import MailedCode, OutgoingMail
from models.kinds import CodePurpose, Notice
from services.actors import ActorKind
from services.mail import Letter
from services.people.codes import guess
from services.people.letters import LETTERS, letter_of, words
from services.people.measure_mail import measure_mail
from services.people.notices import outgoing_mail
from services.people.remove_old_sessions import KEPT, remove_old_sessions
from services.people.send_mails import FIRST_PAUSE, LAST_PAUSE, NOTICE_LIFE, send_mails
from tests.factories import HouseUnderTest, RememberingMail, at_once, dump, id_of
from tests.people.access import AWAY, EMAIL, a_person, enter, last_code


async def a_mail(
    house: HouseUnderTest, letter: CodePurpose | Notice = Notice.PASSWORD_CHANGED
) -> OutgoingMail:
    person = await a_person(house)
    kind, person_id = ActorKind.CUSTOMER, id_of(person)
    row = outgoing_mail(house.new_id(), letter, kind, person_id, "zh", house.clock())
    return await OutgoingMail.create(**row)


async def test_it_is_sent_once_in_its_language(house: HouseUnderTest) -> None:
    mail = await a_mail(house)
    assert await send_mails(house) == 1
    assert await send_mails(house) == 0
    said = LETTERS[Notice.PASSWORD_CHANGED]["zh"]
    assert house.mail.letters == [Letter(str(mail.id), EMAIL, said.subject, said.text)]
    assert not await OutgoingMail.exists()


async def test_what_is_not_taken_is_tried_again_later_and_later(house: HouseUnderTest) -> None:
    await a_mail(house)
    house.mail.unavailable = True
    pause = FIRST_PAUSE
    for _ in range(8):
        assert await send_mails(house) == 0
        assert (await OutgoingMail.get()).due_at == house.clock() + pause
        house.clock.advance(seconds=pause.total_seconds())
        pause = min(2 * pause, LAST_PAUSE)
    house.mail.unavailable = False
    assert await send_mails(house) == 1


async def test_after_its_time_it_is_given_up(house: HouseUnderTest) -> None:
    await a_mail(house)
    house.mail.unavailable = True
    await send_mails(house)
    house.clock.advance(seconds=NOTICE_LIFE.total_seconds())
    assert await send_mails(house) == 1
    assert not await OutgoingMail.exists()
    assert house.mail.letters == []


async def test_two_processes_send_it_once(house: HouseUnderTest) -> None:
    await a_mail(house)
    done = await at_once(send_mails(house), send_mails(house), send_mails(house))
    assert sum(each for each in done if isinstance(each, int)) == 1
    assert len(house.mail.letters) == 1


async def test_a_process_that_dies_before_it_says_so_sends_again(
    house: HouseUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_mail(house, CodePurpose.VERIFY_EMAIL)

    async def send_and_die(mail: RememberingMail, letter: Letter) -> None:
        mail.letters.append(letter)
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr(RememberingMail, "send", send_and_die)
        with pytest.raises(KeyError):
            await send_mails(house)
    first = await last_code(house)
    house.clock.advance(minutes=2)
    second = await last_code(house)
    (mail_id,) = {letter.id for letter in house.mail.letters}
    row = await MailedCode.get(id=mail_id)
    assert first != second
    for code, right in ((first, False), (second, True)):
        guessed = await guess(house, row.id, CodePurpose.VERIFY_EMAIL, code)
        assert guessed.is_right is right


async def test_a_code_is_in_its_letter_alone(house: HouseUnderTest) -> None:
    await a_mail(house, CodePurpose.VERIFY_EMAIL)
    before = str(await dump())
    code = await last_code(house)
    kept = before + str(await dump()) + repr(house.mail.letters)
    assert code not in kept
    assert (await MailedCode.get()).fingerprint != code


async def test_a_code_that_was_used_is_not_mailed_again(house: HouseUnderTest) -> None:
    mail = await a_mail(house, CodePurpose.VERIFY_EMAIL)
    house.mail.unavailable = True
    await send_mails(house)
    await MailedCode.filter(id=mail.id).update(used_at=house.clock())
    house.mail.unavailable = False
    house.clock.advance(minutes=5)
    assert await send_mails(house) == 1
    assert house.mail.letters == []


async def test_who_has_gone_gets_none(house: HouseUnderTest) -> None:
    mail = await a_mail(house)
    await OutgoingMail.filter(id=mail.id).update(person_id=house.new_id())
    assert await send_mails(house) == 1
    assert house.mail.letters == []


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_letter_says_its_code_and_nothing_in_braces(
    letter: CodePurpose | Notice, language: str
) -> None:
    assert letter_of(letter.value) is letter
    said = words(letter, language, "12345678")
    assert ("12345678" in said.text) is isinstance(letter, CodePurpose)
    assert "{" not in said.subject + said.text
    assert "12345678" not in said.subject
    assert said.text.isascii() is (language == "en")


def test_there_are_words_for_every_reason_to_write() -> None:
    assert set(LETTERS) == {*CodePurpose, *Notice}


async def test_what_nobody_signs_in_with_any_more_is_forgotten(house: HouseUnderTest) -> None:
    await a_mail(house, CodePurpose.VERIFY_EMAIL)
    await last_code(house)
    await enter(house, AWAY)
    assert await remove_old_sessions(house) == 0
    house.clock.advance(days=3)
    assert await remove_old_sessions(house) == 1
    house.clock.advance(seconds=(KEPT + timedelta(days=29)).total_seconds())
    assert await remove_old_sessions(house) == 2
    left = await dump()
    assert not [name for name in ("Session", "RefreshToken", "MailedCode") if left[name]]


async def test_what_waits_is_measured(house: HouseUnderTest) -> None:
    assert {reading.value for reading in await measure_mail(house)} == {0}
    await a_mail(house)
    house.clock.advance(minutes=2)
    figures = {reading.figure.name: reading.value for reading in await measure_mail(house)}
    assert figures == {"coffer_mail_waiting": 1, "coffer_mail_oldest_waiting_seconds": 120.0}
    await send_mails(house)
    assert {reading.value for reading in await measure_mail(house)} == {0}
