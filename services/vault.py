"""The vault: personal data, card numbers and secrets are sealed before they are kept.

A sealed text is ``v1.<key id>.<nonce and ciphertext in base64url>``: AES-256-GCM, with its purpose
as associated data, so that what was sealed for one column opens in no other. What must be found
again is kept beside it as a keyed fingerprint (design §5).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"


class Purpose(StrEnum):
    """What is sealed, or found by its fingerprint."""

    CARD_NUMBER = "CARD_NUMBER"
    IDENTITY_NUMBER = "IDENTITY_NUMBER"
    NAME = "NAME"
    PHONE = "PHONE"
    WEBHOOK_SECRET = "WEBHOOK_SECRET"  # noqa: S105 - the name of one


class CannotOpen(Exception):
    """A sealed text does not open: its key is missing, or it was changed or sealed for another."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Data keys by id, which of them seals, and the key that fingerprints are made with."""

    keys: Mapping[str, bytes] = field(repr=False)
    sealing_id: str
    fingerprint_key: bytes = field(repr=False)

    @staticmethod
    def fresh(key_id: str = "1") -> "Keyring":
        """Return new keys that nobody knows."""
        return Keyring(
            {key_id: secrets.token_bytes(KEY_BYTES)}, key_id, secrets.token_bytes(KEY_BYTES)
        )


class Vault:
    """Seals and opens texts with the keys of one keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, purpose: Purpose, text: str) -> str:
        """Return a text sealed with the newest key."""
        key_id = self._keyring.sealing_id
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._keyring.keys[key_id]).encrypt(nonce, text.encode(), purpose.encode())
        return f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, purpose: Purpose, sealed: str) -> str:
        """Return the text that was sealed for a purpose.

        Raises:
            CannotOpen: Its key is missing, or it is not what was sealed.
        """
        try:
            version, key_id, body = sealed.split(".")
            content = base64.urlsafe_b64decode(body)
            key = AESGCM(self._keyring.keys[key_id])
            text = key.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], purpose.encode())
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen(purpose) from None
        if version != VERSION:
            raise CannotOpen(purpose)
        return text.decode()

    def fingerprint(self, purpose: Purpose, text: str) -> str:
        """Return what a text is found by: 64 hexadecimal digits, alike for equal texts."""
        message = f"{purpose}\n{text}".encode()
        return hmac.new(self._keyring.fingerprint_key, message, hashlib.sha256).hexdigest()
