"""What is compared with a password where there is nobody whose it could be."""

import pytest
from argon2.exceptions import VerifyMismatchError

from services import passwords


async def test_nobodys_hash_takes_as_long_as_others_and_no_password_has_it() -> None:
    assert not passwords.needs_rehash(passwords._NOBODYS_HASH)
    with pytest.raises(VerifyMismatchError):
        passwords._HASHER.verify(passwords._NOBODYS_HASH, "")
    assert not await passwords.password_matches("a guess", None)
