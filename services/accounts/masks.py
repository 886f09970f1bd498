"""Personal data as it is shown: enough to recognise it, too little to use it."""

SHOWN_MAX = 4
"""How much of a number is shown at either end, at the most: a quarter of it, if that is less."""

PHONE_HIDDEN = PHONE_TAIL = 4


def masked_name(name: str) -> str:
    """Return a name with its first and last character: 王*明."""
    tail = name[-1] if len(name) > 2 else ""  # noqa: PLR2004 - of two, it is the whole given name
    return name[:1] + "*" * max(len(name) - 1 - len(tail), 1) + tail


def masked_number(number: str) -> str:
    """Return a document's number with its ends: 1101**********123X."""
    shown = min(SHOWN_MAX, len(number) // 4)
    return number[:shown] + "*" * (len(number) - 2 * shown) + number[len(number) - shown :]


def masked_phone(phone: str) -> str:
    """Return a phone number without the four digits before its last four: +86138****0000."""
    hidden = min(PHONE_HIDDEN, len(phone) - PHONE_TAIL)
    if hidden < PHONE_HIDDEN:
        return "*" * len(phone)
    head = len(phone) - PHONE_TAIL - PHONE_HIDDEN
    return phone[:head] + "*" * PHONE_HIDDEN + phone[-PHONE_TAIL:]
