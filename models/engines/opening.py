"""Choosing the engine by the database URL."""

from urllib.parse import urlsplit

from models.engines.base import Engine
from models.engines.postgres import PostgresEngine
from models.engines.sqlite import SqliteEngine


def open_engine(url: str) -> Engine:
    """Return the engine for a database URL, not yet connected.

    Args:
        url: ``sqlite:///absolute/path`` or ``postgres://user:password@host:port/database``.

    Raises:
        ValueError: The scheme is neither.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SqliteEngine(url.removeprefix("sqlite://"))
    if scheme in {"postgres", "postgresql"}:
        return PostgresEngine(url)
    message = f"COFFER_DATABASE_URL must begin with sqlite:// or postgres://, not {scheme}://"
    raise ValueError(message)
