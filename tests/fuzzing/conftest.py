"""One server for all that is thrown at it, how much that is, and from which seed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzzing.siege import Siege, besieged

TIMES = "COFFER_FUZZ_TIMES"
SEED = "COFFER_FUZZ_SEED"


@pytest.fixture(scope="session")
def times() -> int:
    """How many times as much there is as in ``make test``."""
    return int(os.environ.get(TIMES) or 1)


@pytest.fixture(scope="session")
def seed() -> str:
    """What chance begins with: always the same, unless told otherwise."""
    return os.environ.get(SEED) or "1"


@pytest.fixture(scope="module")
def siege(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """The server, looked over when everything has been thrown."""
    directory = tmp_path_factory.mktemp("siege")
    shutil.copyfile(sqlite_template, directory / "coffer.db")
    with besieged(f"sqlite://{directory}/coffer.db", directory) as siege:
        yield siege
