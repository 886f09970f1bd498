"""The bank's side of the signature: HMAC-SHA256 over time, what it is about, and the body."""

import hashlib
import hmac

WINDOW_S = 300


def sign(secret: str, time_s: float, body: bytes, *about: str) -> dict[str, str]:
    """Return the headers that sign a message."""
    timestamp = str(int(time_s))
    digest = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in (timestamp, *about):
        digest.update(part.encode() + b"\n")
    digest.update(body)
    return {"bank-timestamp": timestamp, "bank-signature": digest.hexdigest()}


def verify(secret: str, time_s: float, headers: dict[str, str], body: bytes, *about: str) -> bool:
    """Tell whether the headers sign a message, now."""
    try:
        timestamp_s = int(headers.get("bank-timestamp", ""))
    except ValueError:
        return False
    right = sign(secret, timestamp_s, body, *about)["bank-signature"]
    given = headers.get("bank-signature", "")
    return hmac.compare_digest(right.encode(), given.encode()) and (
        abs(time_s - timestamp_s) <= WINDOW_S
    )
