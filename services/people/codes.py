"""Codes that are mailed: short, good for a while, for a few guesses, once."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tortoise.expressions import F

from models import MailedCode
from models.engines import Lookup
from models.kinds import CodePurpose
from services.house import House
from services.ledger.books import Books
from services.refusals import RefusalCode, Refused
from services.vault import Purpose, Vault

CODE_DIGITS = 8
CODE_TRIES = 5
CODE_LIVES = {
    CodePurpose.VERIFY_EMAIL: timedelta(hours=24),
    CodePurpose.RESET_PASSWORD: timedelta(minutes=20),
    CodePurpose.RESET_PIN: timedelta(minutes=20),
}
"""From when the mail is sent."""

CODES = Lookup.of(MailedCode)
NOBODY_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess at a code, after it was counted.

    Attributes:
        code_id: Which code it is about; that of none where there is none.
        is_right: Whether it is the code, which may be used or too old all the same.
    """

    code_id: UUID
    is_right: bool


def fresh_code() -> str:
    """Return a code that nobody knows."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def fingerprint(vault: Vault, code_id: UUID, code: str) -> str:
    """Return what is kept of a code: of so short a text a plain hash would tell everything."""
    return vault.fingerprint(Purpose.CODE, f"{code_id}\n{code}")


async def keep_code(
    house: House, code_id: UUID, purpose: CodePurpose, kind: str, person_id: UUID | None, code: str
) -> bool:
    """Keep a code that is about to be mailed; one of an earlier try to mail it is good no more.

    Returns:
        False, where the earlier one has arrived and was used.
    """
    values = {
        "fingerprint": fingerprint(house.vault, code_id, code),
        "tries_left": CODE_TRIES,
        "expires_at": house.clock() + CODE_LIVES[purpose],
    }
    row, is_new = await MailedCode.get_or_create(
        values | {"purpose": purpose, "person_kind": kind, "person_id": person_id}, id=code_id
    )
    if is_new:
        return True
    return bool(await MailedCode.filter(id=row.id, used_at=None).update(**values))


async def newest_code(person_id: UUID, purpose: CodePurpose) -> UUID:
    """Return which code a person who is signed in guesses at."""
    theirs = MailedCode.filter(person_id=person_id, purpose=purpose)
    newest = await theirs.order_by("-id").first()
    return newest.id if newest is not None else NOBODY_ID


async def guess(house: House, code_id: UUID, purpose: CodePurpose, text: str) -> Guess:
    """Count a guess and compare it; the same work whether or not there is such a code.

    It is counted before it is compared, so that guesses at once are as many as they are.
    """
    counted = await MailedCode.filter(id=code_id, purpose=purpose, tries_left__gt=0).update(
        tries_left=F("tries_left") - 1
    )
    row = await MailedCode.get_or_none(id=code_id, purpose=purpose)
    kept = row.fingerprint if row is not None else ""
    is_same = hmac.compare_digest(kept, fingerprint(house.vault, code_id, text.strip()))
    return Guess(code_id, bool(counted) and is_same)


def use_code(books: Books, guessed: Guess) -> None:
    """Use a code, in a command that has read it.

    Raises:
        Refused: ``CODE_WRONG``, alike whether the guess is wrong or the code is not good any more.
    """
    row = books.one(CODES, guessed.code_id)
    if (
        not guessed.is_right
        or row is None
        or row["used_at"] is not None
        or row["expires_at"] <= books.now
    ):
        raise Refused(RefusalCode.CODE_WRONG, "code")
    books.update(CODES.table, guessed.code_id, used_at=books.now)
