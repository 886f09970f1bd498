"""The file that holds the data keys: made on first start in development, demanded elsewhere."""

import base64
import json
import os
from pathlib import Path

from services.vault import KEY_BYTES, Keyring


class BadKeyFile(Exception):
    """The data keys cannot be had; the message says why and holds nothing of them."""


def read_keyring(path: Path, *, make: bool) -> Keyring:
    """Return the keyring that a file holds.

    Args:
        path: JSON with ``keys`` (id to base64), ``sealing`` (an id) and ``fingerprint`` (base64).
        make: Whether to make the file where there is none.

    Raises:
        BadKeyFile: There is none, or it does not hold keys of 32 bytes.
    """
    if make and not path.exists():
        write_keyring(path, Keyring.fresh())
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {str(key_id): base64.b64decode(key) for key_id, key in content["keys"].items()}
        keyring = Keyring(keys, content["sealing"], base64.b64decode(content["fingerprint"]))
    except FileNotFoundError:
        raise BadKeyFile(
            f"there is no key file {path.name}: see COFFER_KEY_FILE and `python -m app make-keys`"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadKeyFile(f"{path.name} is not a key file") from None
    lengths = {len(key) for key in (*keys.values(), keyring.fingerprint_key)}
    if keyring.sealing_id not in keys or lengths != {KEY_BYTES}:
        raise BadKeyFile(f"{path.name} is not a key file")
    return keyring


def write_keyring(path: Path, keyring: Keyring) -> None:
    """Write a keyring for its owner's eyes alone; what was there is replaced at once or not."""
    content = {
        "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keyring.keys.items()},
        "sealing": keyring.sealing_id,
        "fingerprint": base64.b64encode(keyring.fingerprint_key).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
