"""Passwords by Argon2id, off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Two at a time: a rush of sign-ins must not take the memory that everything else needs."""

_NOBODYS_HASH = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)
"""Verified when there is no such customer, so that both cases take as long.

It is no password's, and made up: to compute one would hold up the start of every process.
"""


async def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Tell whether a password has this hash; with no hash, take as long and say no."""

    def verify() -> bool:
        try:
            return _HASHER.verify(password_hash or _NOBODYS_HASH, password)
        except (VerifyMismatchError, InvalidHashError):  # no password has such a hash
            return False

    matches = await asyncio.get_running_loop().run_in_executor(_THREADS, verify)
    return matches and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)
