"""The house that these tests begin with, on each engine, and hashes that cost next to nothing."""

import pytest
from argon2 import PasswordHasher

from services import passwords
from tests.lottery.conftest import house

__all__ = ["house"]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as always, with less work: what is tested is when it is done, not how long it takes."""
    cheap = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    monkeypatch.setattr(passwords, "_NOBODYS_HASH", cheap.hash("the password of nobody"))
