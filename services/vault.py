"""The vault: personal data, card numbers and secrets are sealed before they are kept.

A sealed text is ``v1.<key id>.<nonce and ciphertext in base64url>``: AES-256-GCM, with its purpose
as associated data, so that what was sealed for one column opens in no other. What must be found
again is kept beside it as a keyed fingerprint (design §5). How keys change while Coffer runs, and
what happens when one is lost, is in ``docs/decisions/0012-data-keys.md``.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"


class Purpose(StrEnum):
    """What is sealed, or found by its fingerprint."""

    BIRTH_DATE = "BIRTH_DATE"
    CARD_NUMBER = "CARD_NUMBER"
    CODE = "CODE"
    IDENTITY_NUMBER = "IDENTITY_NUMBER"
    NAME = "NAME"
    PHONE = "PHONE"
    WEBHOOK_SECRET = "WEBHOOK_SECRET"  # noqa: S105 - the name of one


def sealed_with(key_id: str) -> str:
    """Return what every text begins with that was sealed with a key."""
    return f"{VERSION}.{key_id}."


class CannotOpen(Exception):
    """A sealed text does not open: its key is missing, or it was changed or sealed for another."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Data keys by id, which of them seals, and the key that fingerprints are made with.

    ``sealing_since`` is when the sealing key was taken into use; None for the first one.
    """

    keys: Mapping[str, bytes] = field(repr=False)
    sealing_id: str
    fingerprint_key: bytes = field(repr=False)
    sealing_since: datetime | None = None

    def with_another(self) -> "Keyring":
        """Return these keys and a new one, which opens and does not seal yet."""
        key_id = str(max((int(known) for known in self.keys if known.isdecimal()), default=0) + 1)
        return replace(self, keys={**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def sealing_with(self, key_id: str, now: datetime) -> "Keyring":
        """Return these keys with another one that seals from now on."""
        return replace(self, sealing_id=key_id, sealing_since=now)

    def without(self, key_id: str) -> "Keyring":
        """Return these keys less one."""
        return replace(
            self, keys={known: key for known, key in self.keys.items() if known != key_id}
        )

    @staticmethod
    def fresh(key_id: str = "1") -> "Keyring":
        """Return new keys that nobody knows."""
        return Keyring(
            {key_id: secrets.token_bytes(KEY_BYTES)}, key_id, secrets.token_bytes(KEY_BYTES)
        )


class Vault:
    """Seals and opens texts.

    Args:
        keyring: Gives the keys as they are now: asked each time, so that a new key is known to a
            process that has been running since before it was made.
    """

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring

    @property
    def keyring(self) -> Keyring:
        """The keys as they are now."""
        return self._keyring()

    def seal(self, purpose: Purpose, text: str) -> str:
        """Return a text sealed with the newest key."""
        keyring = self.keyring
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = AESGCM(keyring.keys[keyring.sealing_id])
        sealed = key.encrypt(nonce, text.encode(), purpose.encode())
        return (
            f"{sealed_with(keyring.sealing_id)}{base64.urlsafe_b64encode(nonce + sealed).decode()}"
        )

    def open(self, purpose: Purpose, sealed: str) -> str:
        """Return the text that was sealed for a purpose.

        Raises:
            CannotOpen: Its key is missing, or it is not what was sealed.
        """
        try:
            version, key_id, body = sealed.split(".")
            content = base64.urlsafe_b64decode(body)
            key = AESGCM(self.keyring.keys[key_id])
            text = key.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], purpose.encode())
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen(purpose) from None
        if version != VERSION:
            raise CannotOpen(purpose)
        return text.decode()

    def fingerprint(self, purpose: Purpose, text: str) -> str:
        """Return what a text is found by: 64 hexadecimal digits, alike for equal texts."""
        message = f"{purpose}\n{text}".encode()
        return hmac.new(self.keyring.fingerprint_key, message, hashlib.sha256).hexdigest()
