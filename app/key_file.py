"""The file that holds the data keys: made on first start in development, demanded elsewhere."""

import base64
import json
import os
from datetime import datetime
from pathlib import Path

import structlog

from services.vault import KEY_BYTES, Keyring

log = structlog.get_logger(__name__)


class BadKeyFile(Exception):
    """The data keys cannot be had; the message says why and holds nothing of them."""


class KeyFile:
    """The keys as the file holds them now: read again whenever it has been replaced.

    Args:
        path: The file.
        make: Whether to make it where there is none.

    Raises:
        BadKeyFile: There is none, or it does not hold keys.
    """

    def __init__(self, path: Path, *, make: bool = False) -> None:
        if make and not path.exists():
            write_keyring(path, Keyring.fresh())
        self._path = path
        self._keyring = read_keyring(path)
        self._seen = self._stamp()

    def keyring(self) -> Keyring:
        """Return the keys; those that were there last, while the file is away or half copied."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._keyring = read_keyring(self._path)
            except BadKeyFile as error:
                log.error("key file", error=str(error))  # noqa: TRY400 - a trace would say no more
        return self._keyring

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def read_keyring(path: Path) -> Keyring:
    """Return the keyring that a file holds.

    Args:
        path: JSON with ``keys`` (id to base64), ``sealing`` (an id), ``sealing_since`` (a time or
            null) and ``fingerprint`` (base64).

    Raises:
        BadKeyFile: There is none, or it does not hold keys of 32 bytes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        since = content["sealing_since"]
        keyring = Keyring(
            keys={str(key_id): base64.b64decode(key) for key_id, key in content["keys"].items()},
            sealing_id=content["sealing"],
            fingerprint_key=base64.b64decode(content["fingerprint"]),
            sealing_since=None if since is None else datetime.fromisoformat(since),
        )
    except FileNotFoundError:
        raise BadKeyFile(
            f"there is no key file {path.name}: see COFFER_KEY_FILE and `python -m app make-keys`"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        raise BadKeyFile(f"{path.name} is not a key file that can be read") from None
    lengths = {len(key) for key in (*keyring.keys.values(), keyring.fingerprint_key)}
    if keyring.sealing_id not in keyring.keys or lengths != {KEY_BYTES}:
        raise BadKeyFile(f"{path.name} is not a key file that can be read")
    return keyring


def write_keyring(path: Path, keyring: Keyring) -> None:
    """Write a keyring for its owner's eyes alone; what was there is replaced at once or not."""
    since = keyring.sealing_since
    content = {
        "keys": {key_id: base64.b64encode(key).decode() for key_id, key in keyring.keys.items()},
        "sealing": keyring.sealing_id,
        "sealing_since": None if since is None else since.isoformat(),
        "fingerprint": base64.b64encode(keyring.fingerprint_key).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
