"""Residents who do not exist, with identity numbers as good as real ones."""

import random
from datetime import date, timedelta

from stdnum.cn import ric

BORN = date(1990, 3, 7)


def identity_number(order: int, born: date = BORN) -> str:
    """Return the number of one of up to 19,000 residents who were born on this day in Beijing."""
    begun = f"1101{order // 1000 % 19 + 1:02}{born:%Y%m%d}{order % 1000:03}"
    return begun + ric.calc_check_digit(f"{begun}0")


def somebody() -> str:
    """Return the number of somebody whom no other test has met."""
    born = date(1950, 1, 1) + timedelta(days=random.randrange(20_000))
    return identity_number(random.randrange(19_000), born)


def masked(number: str) -> str:
    """Return a resident's number as it is shown."""
    return f"{number[:4]}{'*' * 10}{number[-4:]}"
