"""A browser, and a server with somebody to be, which the tests of the page share."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from app.demo import SIGN_INS
from app.key_file import write_keyring
from services.vault import Keyring
from tests.page.browser import chromium, running
from tests.stories.coffer import Coffer

SignIns = dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The browser that the page is tested in, with nothing kept from one test to the next."""
    async with chromium() as found, running(found) as browser:
        yield browser


@pytest.fixture(scope="module")
def data(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers have their database and their keys."""
    directory = tmp_path_factory.mktemp("page")
    shutil.copyfile(sqlite_template, directory / "coffer.db")
    write_keyring(directory / "keys.json", Keyring.fresh())
    return directory


@pytest.fixture(scope="module")
def environment(data: Path) -> dict[str, str]:
    """The settings that every server has."""
    return {
        "COFFER_DATABASE_URL": f"sqlite://{data / 'coffer.db'}",
        "COFFER_KEY_FILE": str(data / "keys.json"),
    }


@pytest.fixture(scope="module")
def sign_ins(data: Path, environment: dict[str, str]) -> SignIns:
    """Who one can be: a server as `make run` starts it has made them."""
    coffer = Coffer({**environment, "COFFER_DEV": "1"})
    try:
        coffer.start()
        assert coffer.stop() == 0
    finally:
        coffer.close()
    found: SignIns = json.loads((data / SIGN_INS).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def served(sign_ins: SignIns, environment: dict[str, str]) -> Iterator[Coffer]:
    """A server as it runs for good, over what the other one has made."""
    del sign_ins
    coffer = Coffer(environment)
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()
