"""How Coffer and the bank know that a message is the other's: HMAC-SHA256 over time and body."""

import hashlib
import hmac
from datetime import datetime

TIMESTAMP = "bank-timestamp"
SIGNATURE = "bank-signature"
WINDOW_S = 300
"""How far a message's time may be from ours: after that it is an old one, repeated by somebody."""


def signed(secret: str, now: datetime, body: bytes, *about: str) -> dict[str, str]:
    """Return the headers that sign a message.

    Args:
        secret: The one that both share.
        now: The time.
        body: What is sent.
        about: What is signed beside it: of a request its method and target.
    """
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _mac(secret, timestamp, body, about)}


def is_signed(
    secret: str, now: datetime, timestamp: str, signature: str, body: bytes, *about: str
) -> bool:
    """Tell whether a message is the other side's own, and of now."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= len("9" * 12)):
        return False
    expected = _mac(secret, timestamp, body, about)
    genuine = hmac.compare_digest(expected.encode(), signature.encode())
    return genuine and abs(now.timestamp() - int(timestamp)) <= WINDOW_S


def _mac(secret: str, timestamp: str, body: bytes, about: tuple[str, ...]) -> str:
    message = "\n".join((timestamp, *about, "")).encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
