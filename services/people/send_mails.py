"""Sending the mails that were written down, until each has arrived or its time is over."""

from datetime import timedelta

import structlog
from tortoise.expressions import Q

from models import OutgoingMail
from models.kinds import CodePurpose, Notice
from services.actors import ActorKind
from services.house import House
from services.mail import Letter, MailUnavailable
from services.people.codes import CODE_LIVES, fresh_code, keep_code
from services.people.letters import letter_of, words
from services.people.persons import find_by_id

log = structlog.get_logger(__name__)

BATCH = 20
FIRST_PAUSE, LAST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""How long to wait before a letter is tried again: doubled each time, up to the last."""
NOTICE_LIFE = timedelta(days=3)


async def send_mails(house: House) -> int:
    """Send what is due, in the order in which it is; return how many letters are done with.

    Several processes may run at once: each letter is claimed for one try. A process that dies
    between sending and saying so sends again.
    """
    now = house.clock()
    # What was never tried is due, though the clock may have stepped back since it was written.
    due = OutgoingMail.filter(Q(tries=0) | Q(due_at__lte=now))
    done = 0
    for mail in await due.order_by("due_at", "id").limit(BATCH):
        pause = min(FIRST_PAUSE * 2 ** min(mail.tries, 10), LAST_PAUSE)
        claimed = OutgoingMail.filter(id=mail.id, tries=mail.tries)
        if await claimed.update(tries=mail.tries + 1, due_at=now + pause):
            done += await _deliver(house, mail)
    return done


async def _deliver(house: House, mail: OutgoingMail) -> bool:
    """Send one letter; return whether it is done with."""
    kind = letter_of(mail.letter)
    life = CODE_LIVES[kind] if isinstance(kind, CodePurpose) else NOTICE_LIFE
    if mail.written_at + life <= house.clock():
        log.error("mail given up", mail=str(mail.id), letter=kind, tries=mail.tries)
    else:
        try:
            letter = await _letter(house, mail, kind)
            if letter is not None:
                await house.mail.send(letter)
        except MailUnavailable as error:
            log.warning("mail not taken", mail=str(mail.id), letter=kind, error=str(error))
            return False
    await OutgoingMail.filter(id=mail.id).delete()
    return True


async def _letter(house: House, mail: OutgoingMail, kind: CodePurpose | Notice) -> Letter | None:
    """Return what is to be sent, with a fresh code if it is to hold one; None where nothing is."""
    code = ""
    if isinstance(kind, CodePurpose):
        code = fresh_code()
        kept = await keep_code(house, mail.id, kind, mail.person_kind, mail.person_id, code)
        if not kept:
            return None
    if mail.person_id is None:
        return None
    person = await find_by_id(ActorKind(mail.person_kind), mail.person_id)
    if person is None or (kind is CodePurpose.RESET_PASSWORD and person.password_hash is None):
        return None
    said = words(kind, mail.language, code)
    return Letter(str(mail.id), person.email, said.subject, said.text)
