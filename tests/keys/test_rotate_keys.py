"""Changing the key by command, and giving the old one up."""

import argparse
import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.commands import rotate_keys
from app.key_file import read_keyring, write_keyring
from app.settings import Settings
from services.clock import utc_now
from services.vault import Keyring


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with a key file of their own."""
    path = tmp_path / "ring" / "keys.json"
    write_keyring(path, Keyring.fresh())
    return Settings(database_url, key_file=path)


async def rotate(settings: Settings, *, add: bool = False, retire: str | None = None) -> int:
    """Take one step, as the command line would."""
    options = argparse.Namespace(add=add, retire=retire, show=False)
    return await asyncio.to_thread(rotate_keys.run, settings, options)


async def test_a_rotation_makes_a_key_and_seals_with_it(settings: Settings) -> None:
    before = read_keyring(settings.key_file)
    assert await rotate(settings) == 0
    after = read_keyring(settings.key_file)
    assert (list(after.keys), after.sealing_id) == (["1", "2"], "2")
    assert after.keys["1"] == before.keys["1"]
    assert after.fingerprint_key == before.fingerprint_key
    assert after.sealing_since is not None


async def test_a_key_that_was_added_first_is_taken(settings: Settings) -> None:
    assert await rotate(settings, add=True) == 0
    added = read_keyring(settings.key_file)
    assert (list(added.keys), added.sealing_id) == (["1", "2"], "1")
    assert await rotate(settings) == 0
    taken = read_keyring(settings.key_file)
    assert (taken.keys, taken.sealing_id) == (added.keys, "2")


async def test_an_old_key_goes_when_its_time_has_come(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await rotate(settings)
    for key_id in ("1", "2", "3"):
        assert await rotate(settings, retire=key_id) == 1
    assert "less than 10 minutes" in capsys.readouterr().err
    keyring = read_keyring(settings.key_file)
    long_ago = utc_now() - rotate_keys.RETIRES_AFTER - timedelta(seconds=1)
    write_keyring(settings.key_file, keyring.sealing_with("2", long_ago))
    assert await rotate(settings, retire="1") == 0
    assert list(read_keyring(settings.key_file).keys) == ["2"]
    await rotate(settings)
    assert list(read_keyring(settings.key_file).keys) == ["2", "3"]
