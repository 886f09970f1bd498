"""What the database itself refuses.

Changing the journal, entries that do not sum to zero, and overdrafts.

Applied by the first migration. On PostgreSQL an entry and its lines are inserted by one statement:
triggers at its end sum the lines, and refuse lines whose entry is missing or of another
transaction, and entries without lines. SQLite has row triggers only, so there the lines are
inserted first and the entry seals them: inserting the entry sums its lines, no line joins a sealed
entry, and a deferred foreign key refuses the commit of lines whose entry never came.
"""

JOURNAL = ("ledger_entry", "ledger_line")
"""Tables whose rows are never changed or removed."""

CHECKS = {
    "wallet": (
        "{row}held_minor >= 0 AND (CASE WHEN {row}kind IN ('BANK', 'SUSPENSE_DEBT')"
        " THEN {row}balance_minor <= 0 AND {row}held_minor = 0"
        " ELSE {row}balance_minor >= {row}held_minor END)"
    ),
    "hold": "{row}remaining_minor BETWEEN 0 AND {row}amount_minor",
}
"""What must be true of every row of a table; ``{row}`` stands for the engine's row prefix."""


def append_only(table: str, *, sqlite: bool) -> list[str]:
    """Return the statements that let a database refuse to change or remove rows of a table."""
    if sqlite:
        return [
            f"""
            CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION coffer_append_only()
        """
    ]


def check(table: str, *, sqlite: bool) -> list[str]:
    """Return the statements that let a database hold a table to its rule, in place of an older."""
    if sqlite:
        return [
            statement
            for verb in ("INSERT", "UPDATE")
            for statement in (
                f"DROP TRIGGER IF EXISTS {table}_sound_{verb.lower()}",
                f"""
                CREATE TRIGGER {table}_sound_{verb.lower()} BEFORE {verb} ON {table}
                WHEN NOT ({CHECKS[table].format(row="NEW.")})
                BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: {table}_sound'); END
                """,
            )
        ]
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_sound",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_sound CHECK ({CHECKS[table].format(row='')})",
    ]


POSTGRES: tuple[str, ...] = (
    """
    CREATE FUNCTION coffer_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(statement for table in JOURNAL for statement in append_only(table, sqlite=False)),
    """
    CREATE FUNCTION coffer_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM inserted GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0
        ) THEN
            RAISE EXCEPTION 'the lines of an entry must sum to zero'
                USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM inserted LEFT JOIN ledger_entry ON ledger_entry.id = inserted.entry_id
            WHERE ledger_entry.id IS NULL OR ledger_entry.xmin <> pg_current_xact_id()::xid
        ) THEN
            RAISE EXCEPTION 'the entry is sealed or missing: no line can join it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION coffer_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM inserted
            WHERE NOT EXISTS (SELECT 1 FROM ledger_line WHERE entry_id = inserted.id)
        ) THEN
            RAISE EXCEPTION 'the lines of an entry must sum to zero, and there are none'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ledger_entry_has_lines AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION coffer_has_lines()
    """,
    """
    CREATE TRIGGER ledger_line_zero_sum AFTER INSERT ON ledger_line
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION coffer_zero_sum()
    """,
    *(statement for table in CHECKS for statement in check(table, sqlite=False)),
)

SQLITE: tuple[str, ...] = (
    "DROP TABLE ledger_line",
    """
    CREATE TABLE ledger_line (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        entry_id CHAR(36) NOT NULL
            REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED,
        wallet_id CHAR(36) NOT NULL,
        number BIGINT NOT NULL,
        amount_minor BIGINT NOT NULL,
        balance_after_minor BIGINT NOT NULL,
        currency VARCHAR(3) NOT NULL,
        at TIMESTAMP NOT NULL,
        UNIQUE (wallet_id, number)
    )
    """,
    "CREATE INDEX ledger_line_entry ON ledger_line (entry_id)",
    *(statement for table in JOURNAL for statement in append_only(table, sqlite=True)),
    """
    CREATE TRIGGER ledger_line_sealed BEFORE INSERT ON ledger_line
    WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id)
    BEGIN SELECT RAISE(ABORT, 'the entry is sealed: no line can join it'); END
    """,
    """
    CREATE TRIGGER ledger_entry_zero_sum BEFORE INSERT ON ledger_entry
    WHEN EXISTS (
        SELECT 1 FROM ledger_line WHERE entry_id = NEW.id
        GROUP BY currency HAVING sum(amount_minor) <> 0
    ) OR NOT EXISTS (SELECT 1 FROM ledger_line WHERE entry_id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the lines of an entry must sum to zero'); END
    """,
    *(statement for table in CHECKS for statement in check(table, sqlite=True)),
)
