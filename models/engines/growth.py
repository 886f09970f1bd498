"""How PostgreSQL keeps tables that are written all day (``docs/decisions/0019``).

SQLite has no such settings: its rows are changed in place, and what is removed is used again.
"""

_HOT = ("wallet", "mandate", "allowance")
"""Rows that each purchase changes, and never in a column that an index holds.

While the new version of such a row finds room on its page, no index is written for it, and the old
one is cleared away by the next reader of the page. A page that is filled to its end has no room.
"""

_REMOVED_FROM = ("answer", "feed_event")
"""Tables that grow at one end and are removed from at the other.

Whoever looks for the oldest rows walks over the removed ones until they are vacuumed, which by
itself happens after a fifth of the table was removed.
"""

_GROWING = ("answer", "feed_event", "ledger_line", "ledger_entry", "account_transaction", "ticket")
"""Tables that each purchase adds rows to.

Vacuuming what was added writes a page image for most of its pages: at the server's own pace 30 MB
of log a second, behind which every commit has to wait.
"""

POSTGRES: tuple[str, ...] = (
    *(f"ALTER TABLE {table} SET (fillfactor = 90)" for table in _HOT),
    *(
        f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01,"
        " autovacuum_analyze_scale_factor = 0.02)"
        for table in _REMOVED_FROM
    ),
    # Hardly any entry takes back another: the rest need no place in this index.
    "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_reverses_id_key",
    """
    CREATE UNIQUE INDEX ledger_entry_reverses ON ledger_entry (reverses_id)
    WHERE reverses_id IS NOT NULL
    """,
)

UNHURRIED: tuple[str, ...] = tuple(
    f"ALTER TABLE {table} SET (autovacuum_vacuum_cost_delay = 10)" for table in _GROWING
)
"""A fifth of the usual pace: 6 MB a second for each of three workers.

2,000 purchases a second add 7 MB to all these tables and their indexes together.
"""
