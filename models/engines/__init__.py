"""Everything that differs between SQLite and PostgreSQL, and nothing else.

``open_engine(url)`` gives the connection that one posting desk writes through. The rest of Coffer
speaks Tortoise, or asks ``Engine`` for a statement.
"""

from models.engines.base import (
    Conflict,
    ConnectionLost,
    Contention,
    Engine,
    EngineError,
    Locks,
    Lookup,
    Row,
    Snapshot,
    Statement,
    Table,
    Work,
    Writes,
)
from models.engines.opening import open_engine

__all__ = [
    "Conflict",
    "ConnectionLost",
    "Contention",
    "Engine",
    "EngineError",
    "Locks",
    "Lookup",
    "Row",
    "Snapshot",
    "Statement",
    "Table",
    "Work",
    "Writes",
    "open_engine",
]
