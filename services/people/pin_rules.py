"""Which payment PINs nobody may choose: those that are tried first."""

from collections.abc import Collection
from datetime import date
from itertools import pairwise

from services.refusals import RefusalCode, Refused

PIN_DIGITS = 6

_BIRTH_DATE_FORMS = ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y")


def check_pin(pin: str, birth_dates: Collection[date], field: str = "pin") -> None:
    """Let pass a new PIN that is not among the first to be guessed.

    Args:
        pin: The new one, six digits.
        birth_dates: Its owner's, where they are known.
        field: Where the PIN stands in the input.

    Raises:
        Refused: ``WEAK_PIN``.
    """
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    half, pair = pin[: PIN_DIGITS // 2], pin[:2]
    births = {born.strftime(form) for born in birth_dates for form in _BIRTH_DATE_FORMS}
    if (
        (len(steps) == 1 and steps <= {0, 1, 9})  # one digit, 123456, 654321, 901234
        or pin in {half * 2, pair * 3, half + half[::-1]}
        or pin in births
    ):
        raise Refused(RefusalCode.WEAK_PIN, field)
