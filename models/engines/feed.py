"""What the feed asks of the database in each engine's own words (``docs/decisions/0002``).

The rest of the feed is plain rows, which Tortoise reads.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedSql:
    """How an engine tells which positions are drawn, and who may yet commit one of them.

    A crash of the server takes back positions that were drawn and not committed, and draws them
    again. Every session ends with it; therefore each statement after the first tells whether the
    session that read the first is still there.

    Attributes:
        drawn: Answers one row: ``position``, the highest drawn so far, 0 where none was; and
            ``session``, which names the session that read it.
        writers: Answers a row ``writer`` for every transaction that may have drawn a position and
            has not ended, and a row of the empty name while the session ($1) is there. None where
            a drawn position can be seen only once it is committed, and then no crash takes it back.
        kept: Answers one row while the session ($1) is there: ``position``, the highest up to $2
            that is, or was, an event's; it is on disk, since it could be seen.
        leap: Have the next position be above $1, when run in this order.
    """

    drawn: str
    writers: str | None
    kept: str | None
    leap: tuple[str, ...]


_NAME = "pid || ' ' || extract(epoch FROM backend_start)"

_LIVES = f"EXISTS (SELECT 1 FROM pg_stat_activity WHERE {_NAME} = $1)"  # noqa: S608 - own words

_POSTGRES = FeedSql(
    # A sequence that was never used has a last_value of 1 all the same.
    drawn=f"""
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS position,
        (SELECT {_NAME} FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS session
        FROM feed_event_id_seq
    """,  # noqa: S608 - as above
    # Inserting takes this lock on the table before it draws, and keeps it to the transaction's end.
    writers=f"""
        SELECT virtualtransaction AS writer FROM pg_locks
        WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
        AND relation = 'feed_event'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT '' WHERE {_LIVES}
    """,  # noqa: S608 - as above
    # What retention removed counts by its floor.
    kept=f"""
        SELECT greatest(
            (SELECT coalesce(max(id), 0) FROM feed_event WHERE id <= $2),
            (SELECT position FROM feed_floor WHERE id = 1)
        ) AS position WHERE {_LIVES}
    """,  # noqa: S608 - as above
    leap=("SELECT setval('feed_event_id_seq', $1)",),
)

_SQLITE = FeedSql(
    # Kept by AUTOINCREMENT in the writer's own transaction: it never falls, though events go.
    drawn="""
        SELECT coalesce(max(seq), 0) AS position, '' AS session
        FROM sqlite_sequence WHERE name = 'feed_event'
    """,
    writers=None,
    kept=None,
    # There is no row before the first event.
    leap=(
        "DELETE FROM sqlite_sequence WHERE name = 'feed_event' AND ? > 0",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('feed_event', ?)",
    ),
)


def feed_sql(dialect: str) -> FeedSql:
    """Return the statements of a Tortoise connection's ``capabilities.dialect``."""
    return _SQLITE if dialect == "sqlite" else _POSTGRES
