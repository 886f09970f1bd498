"""Which passwords nobody may choose: those that are tried first."""

import re
import string
from itertools import pairwise

from services.refusals import RefusalCode, Refused

_COMMON = """
    abc abcd abcdef abcdefg abcdefgh abcdefghij admin administrator aini asdf asdfgh asdfghjkl
    baseball beijing caipiao changeme charlie chocolate coffer computer daniel default dragon
    football freedom guest hello helloworld iloveu iloveyou internet jennifer jessica jordan
    killer letmein login lottery love lovely loveyou manager master michael michelle monkey
    mypass mypassword nicole ninja operator parola pass passw password passwort princess qazwsx
    qazwsxedc qwer qwert qwerty qwertyuiop root sample samsung secret shadow shanghai starwars
    summer sunshine superman system temp test tester testing trustme user username welcome
    whatever winter woaini woainima xiaoming zaq zxcvbn zxcvbnm
"""

COMMON_CORES = frozenset(_COMMON.split())
"""Words that people add a year or an exclamation mark to."""

_STEPS = {1, -1}
_AROUND_A_WORD = string.digits + string.punctuation + string.whitespace
_OTHER_THAN_LETTERS = re.compile(r"[^a-z]+")


def check_password(password: str, email: str, field: str = "password") -> None:
    """Let pass a new password that is not among the first to be guessed.

    Args:
        password: The new one, of a length that was checked already.
        email: Its owner's address, which is no secret.
        field: Where the password stands in the input.

    Raises:
        Refused: ``WEAK_PASSWORD``.
    """
    plain = password.casefold().strip()
    name = email.casefold().partition("@")[0]
    disguised = plain.strip(_AROUND_A_WORD).replace("0", "o").replace("@", "a")
    cores = {_OTHER_THAN_LETTERS.sub("", text) for text in (plain, disguised)}
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    if (
        plain in {email.casefold(), name}
        or (name and plain.replace(name, "", 1).isdecimal())
        or cores & COMMON_CORES
        or plain.isdecimal()
        or len(set(plain)) <= 2  # noqa: PLR2004 - "abababab" too
        or (len(steps) == 1 and steps <= _STEPS)
    ):
        raise Refused(RefusalCode.WEAK_PASSWORD, field)
