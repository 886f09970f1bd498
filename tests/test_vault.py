"""The vault: what is sealed opens for its purpose alone, and is found by a keyed fingerprint."""

import json
import stat
from pathlib import Path

import pytest

from app.key_file import BadKeyFile, read_keyring, write_keyring
from services.vault import CannotOpen, Keyring, Purpose, Vault

NUMBER = "6222021234567894"


def test_what_is_sealed_opens_and_does_not_show() -> None:
    vault = Vault(Keyring.fresh())
    sealed = vault.seal(Purpose.CARD_NUMBER, NUMBER)
    assert NUMBER not in sealed
    assert sealed != vault.seal(Purpose.CARD_NUMBER, NUMBER)
    assert vault.open(Purpose.CARD_NUMBER, sealed) == NUMBER


def test_it_opens_for_nothing_else() -> None:
    vault = Vault(Keyring.fresh())
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
        Vault(Keyring.fresh()).open(Purpose.CARD_NUMBER, sealed)


def test_a_fingerprint_is_the_keys_and_the_purposes_own() -> None:
    ring = Keyring.fresh()
    prints = {
        Vault(ring).fingerprint(Purpose.CARD_NUMBER, NUMBER),
        Vault(ring).fingerprint(Purpose.CARD_NUMBER, NUMBER),
        Vault(ring).fingerprint(Purpose.IDENTITY_NUMBER, NUMBER),
        Vault(Keyring.fresh()).fingerprint(Purpose.CARD_NUMBER, NUMBER),
    }
    assert len(prints) == 3


def test_keys_are_never_shown() -> None:
    ring = Keyring.fresh()
    assert repr(ring.keys["1"]) not in repr(ring)
    assert repr(ring.fingerprint_key) not in repr(ring)


def test_a_key_file_is_made_once_for_its_owners_eyes(tmp_path: Path) -> None:
    path = tmp_path / "below" / "keys.json"
    ring = read_keyring(path, make=True)
    assert read_keyring(path, make=True) == ring
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]


def test_without_its_keys_nothing_starts(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(BadKeyFile, match="COFFER_KEY_FILE"):
        read_keyring(path, make=False)
    write_keyring(path, Keyring.fresh())
    good = json.loads(path.read_text())
    for bad in ("", "[]", json.dumps(good | {"sealing": "2"}), json.dumps(good | {"keys": {}})):
        path.write_text(bad)
        with pytest.raises(BadKeyFile, match="not a key file"):
            read_keyring(path, make=True)
