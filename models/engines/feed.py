"""What the feed asks of the database in each engine's own words (``docs/decisions/0002``).

The rest of the feed is plain rows, which Tortoise reads.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedSql:
    """How an engine tells which positions are drawn, and who may yet commit one of them.

    Attributes:
        drawn: Answers one row, ``position``: the highest position drawn so far, 0 where none was.
        writers: Answers a row ``writer`` for every transaction that may have drawn a position and
            has not ended. None where a drawn position can be seen only once it is committed.
    """

    drawn: str
    writers: str | None


_POSTGRES = FeedSql(
    # A sequence that was never used has a last_value of 1 all the same.
    drawn="""
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS position FROM feed_event_id_seq
    """,
    # Inserting takes this lock on the table before it draws, and keeps it to the transaction's end.
    writers="""
        SELECT virtualtransaction AS writer FROM pg_locks
        WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
        AND relation = 'feed_event'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """,
)

_SQLITE = FeedSql(
    # Kept by AUTOINCREMENT in the writer's own transaction: it never falls, though events go.
    drawn="""
        SELECT coalesce(max(seq), 0) AS position FROM sqlite_sequence WHERE name = 'feed_event'
    """,
    writers=None,
)


def feed_sql(dialect: str) -> FeedSql:
    """Return the statements of a Tortoise connection's ``capabilities.dialect``."""
    return _SQLITE if dialect == "sqlite" else _POSTGRES
