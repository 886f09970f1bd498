"""A browser, and servers with somebody to be."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.demo import SIGN_INS
from app.key_file import write_keyring
from services.vault import Keyring
from tests.page.browser import Chromium, chromium
from tests.stories.coffer import Coffer

SignIns = dict[str, str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """The browser that the page is tested in."""
    with chromium() as found:
        yield found


@pytest.fixture
def environment(sqlite_url: str) -> dict[str, str]:
    """The settings that every server of a test has."""
    keys = Path(urlsplit(sqlite_url).path).with_name("keys.json")
    write_keyring(keys, Keyring.fresh())
    return {"COFFER_DATABASE_URL": sqlite_url, "COFFER_KEY_FILE": str(keys)}


@pytest.fixture
def developed(environment: dict[str, str]) -> Iterator[Coffer]:
    """A server as `make run` starts it."""
    coffer = Coffer({**environment, "COFFER_DEV": "1"})
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()


@pytest.fixture
def served(developed: Coffer, environment: dict[str, str]) -> Iterator[Coffer]:
    """A server as it runs for good, over what the other one has made."""
    assert developed.stop() == 0
    coffer = Coffer(environment)
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()


@pytest.fixture
def sign_ins(developed: Coffer, sqlite_url: str) -> SignIns:
    """Who one can be."""
    assert developed.port
    path = Path(urlsplit(sqlite_url).path).with_name(SIGN_INS)
    found: SignIns = json.loads(path.read_text(encoding="utf-8"))
    return found
