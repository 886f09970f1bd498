"""The vault: what is sealed opens for its purpose alone, and is found by a keyed fingerprint."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.key_file import BadKeyFile, KeyFile, read_keyring, write_keyring
from services.vault import CannotOpen, Keyring, Purpose, Vault
from tests.factories import a_vault

NUMBER = "6222021234567894"


def test_what_is_sealed_opens_and_does_not_show() -> None:
    vault = a_vault()
    sealed = vault.seal(Purpose.CARD_NUMBER, NUMBER)
    assert NUMBER not in sealed
    assert sealed != vault.seal(Purpose.CARD_NUMBER, NUMBER)
    assert vault.open(Purpose.CARD_NUMBER, sealed) == NUMBER


def test_it_opens_for_nothing_else() -> None:
    vault = a_vault()
    sealed = vault.seal(Purpose.CARD_NUMBER, NUMBER)
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    for purpose, text in (
        (Purpose.PHONE, sealed),
        (Purpose.CARD_NUMBER, changed),
        (Purpose.CARD_NUMBER, sealed.replace("v1.", "v2.", 1)),
        (Purpose.CARD_NUMBER, sealed.replace("v1.1.", "v1.2.", 1)),
        (Purpose.CARD_NUMBER, "no such thing"),
    ):
        with pytest.raises(CannotOpen):
            vault.open(purpose, text)
    with pytest.raises(CannotOpen):
        a_vault().open(Purpose.CARD_NUMBER, sealed)


def test_a_fingerprint_is_the_keys_and_the_purposes_own() -> None:
    ring = Keyring.fresh()
    prints = {
        a_vault(ring).fingerprint(Purpose.CARD_NUMBER, NUMBER),
        a_vault(ring).fingerprint(Purpose.CARD_NUMBER, NUMBER),
        a_vault(ring).fingerprint(Purpose.IDENTITY_NUMBER, NUMBER),
        a_vault().fingerprint(Purpose.CARD_NUMBER, NUMBER),
    }
    assert len(prints) == 3


def test_keys_are_never_shown() -> None:
    ring = Keyring.fresh()
    assert repr(ring.keys["1"]) not in repr(ring)
    assert repr(ring.fingerprint_key) not in repr(ring)


def test_a_key_file_is_made_once_for_its_owners_eyes(tmp_path: Path) -> None:
    path = tmp_path / "below" / "keys.json"
    ring = KeyFile(path, make=True).keyring()
    assert KeyFile(path, make=True).keyring() == read_keyring(path) == ring
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]


def test_without_its_keys_nothing_starts(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(BadKeyFile, match="COFFER_KEY_FILE"):
        KeyFile(path)
    write_keyring(path, Keyring.fresh())
    good = json.loads(path.read_text())
    for bad in ("", "[]", json.dumps(good | {"sealing": "2"}), json.dumps(good | {"keys": {}})):
        path.write_text(bad)
        with pytest.raises(BadKeyFile, match="not a key file"):
            KeyFile(path, make=True)


def test_a_new_key_is_known_to_who_has_been_running(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keyring(path, Keyring.fresh())
    running = Vault(KeyFile(path).keyring)
    before = running.seal(Purpose.PHONE, "before")
    newer = running.keyring.with_another().sealing_with("2", datetime(2026, 3, 2, tzinfo=UTC))
    write_keyring(path, newer)
    assert running.keyring == newer
    assert running.open(Purpose.PHONE, a_vault(newer).seal(Purpose.PHONE, "after")) == "after"
    assert running.open(Purpose.PHONE, before) == "before"
    assert running.seal(Purpose.PHONE, "after").startswith("v1.2.")


def test_a_file_that_is_away_or_half_copied_takes_no_key_away(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keyring(path, Keyring.fresh())
    running = Vault(KeyFile(path).keyring)
    sealed = running.seal(Purpose.PHONE, "kept")
    whole = path.read_text()
    path.write_text(whole[:20])
    assert running.open(Purpose.PHONE, sealed) == "kept"
    path.unlink()
    assert running.open(Purpose.PHONE, sealed) == "kept"
