"""How long the torture is, and from which seed."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.torture.blows import say

LONG = "COFFER_TORTURE_LONG"
SEED = "COFFER_TORTURE_SEED"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is of everything.

    Attributes:
        players: How many people have accounts.
        many: Blows where several processes serve, by what they fall on.
        alone: Blows where one process serves, on SQLite.
        gap: At least and at most how many answers lie between two blows.
        forgets: How often the bank never tells what it did: the statement is read twice a minute.
        away_s: For how long the database is away.
        silent_s: For how long the bank does not answer.
        patient: Whether others wait for their time to end who died at work, which is a minute.
    """

    players: int
    many: Mapping[str, int]
    alone: Mapping[str, int]
    gap: tuple[int, int]
    forgets: float
    away_s: float
    silent_s: float
    patient: bool


SHORT_SCALE = Scale(
    players=4,
    many={"server": 3, "postgres": 1, "redis": 1, "worker": 1, "bank": 1, "stop": 1},
    alone={"server": 3, "bank": 1},
    gap=(20, 70),
    forgets=0,
    away_s=3,
    silent_s=3,
    patient=False,
)
LONG_SCALE = Scale(
    players=8,
    many={"server": 20, "postgres": 5, "redis": 5, "worker": 10, "bank": 5, "stop": 5},
    alone={"server": 20, "bank": 5},
    gap=(20, 80),
    forgets=0.1,
    away_s=60,
    silent_s=60,
    patient=True,
)


@pytest.fixture(scope="session")
def scale() -> Scale:
    """The long one for ``make torture``, a short one for ``make test``."""
    return LONG_SCALE if os.environ.get(LONG) == "1" else SHORT_SCALE


@pytest.fixture(scope="session")
def chosen_seed() -> int:
    """One seed for everything that runs."""
    return int(os.environ.get(SEED) or secrets.randbelow(10**6))


@pytest.fixture
def seed(chosen_seed: int) -> int:
    """The seed, shown when a test fails, and by ``make torture``."""
    say(f"{SEED}={chosen_seed}")
    return chosen_seed
