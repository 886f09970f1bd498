"""The registry of trusted documents: those that the house's front ends were built with.

A registry is JSON, ``{"version": 1, "documents": {hash: text}}``, the hash being the SHA-256 of the
text, in hexadecimal digits. It is made by a command and read at the start; no client adds to it.
"""

import hashlib
import re
from collections.abc import Iterable

import orjson

VERSION = 1
REGISTRY_BYTES_MAX = 16_777_216

_HASH = re.compile(r"[0-9a-f]{64}")


class BadRegistry(Exception):
    """A registry of trusted documents cannot be used; the message says why."""


def hash_of(text: str) -> str:
    """Return the name that a document is asked for by."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_hash(text: object) -> bool:
    """Whether this may be the name of a document."""
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def encode(texts: Iterable[str]) -> bytes:
    """Return the registry of these documents, the same bytes for the same documents."""
    documents = dict(sorted((hash_of(text), text) for text in texts))
    registry = {"version": VERSION, "documents": documents}
    return orjson.dumps(registry, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def decode(raw: bytes) -> dict[str, str]:
    """Return a registry's documents by their hashes.

    Raises:
        BadRegistry: It is none, or a hash is not its document's.
    """
    if len(raw) > REGISTRY_BYTES_MAX:
        raise BadRegistry(f"it has {len(raw):,} bytes, at most {REGISTRY_BYTES_MAX:,} are read")
    try:
        registry = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRegistry("it is not JSON") from None
    documents = registry.get("documents") if isinstance(registry, dict) else None
    if not isinstance(documents, dict) or registry.get("version") != VERSION:
        raise BadRegistry(f"it is no registry of version {VERSION}")
    for name, text in documents.items():
        if not isinstance(text, str) or hash_of(text) != name:
            raise BadRegistry(f"{name[:64]!r} is not the hash of the document beside it")
    return documents
