"""The database server that everything is measured on, the yardstick included."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import PostgresServer, running_postgres

SETTINGS = {
    # Durable: what is acknowledged outlives a crash of the machine.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A machine for a database: its default is that of a telephone.
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "max_connections": "200",
}


@contextmanager
def running_cluster() -> Iterator[PostgresServer]:
    """Have a PostgreSQL with these settings for the time of the block."""
    with running_postgres(SETTINGS) as server:
        yield server
