"""Secrets that Coffer hands out: random, shown once, kept as a hash."""

import hashlib
import secrets

SECRET_BYTES = 32
SECRET_LENGTH = 43
"""Of so many bytes as letters."""


def new_secret(prefix: str) -> str:
    """Return a fresh secret; the prefix tells people and scanners what it opens."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def has_form(secret: str, prefix: str) -> bool:
    """Tell whether something may be a secret of ours: anything else need not be looked for."""
    return secret.startswith(prefix) and len(secret) == len(prefix) + SECRET_LENGTH


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
