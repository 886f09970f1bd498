"""What the server's own database role may do on PostgreSQL: what it does, and no more.

Who owns a table can change it, drop it, and switch its triggers off; so the server's role owns
none. The owner's role migrates, and gives the server's role its rights after each migration.
"""

from collections.abc import Iterator

import asyncpg

from models import Answer, DeadLetter, FeedEvent, MailedCode, OutgoingMail, RefreshToken, Session

REMOVED_FROM = frozenset(
    str(model._meta.db_table)  # noqa: SLF001 - documented introspection
    for model in (Answer, DeadLetter, FeedEvent, MailedCode, OutgoingMail, RefreshToken, Session)
)
"""Tables whose rows are removed when their time is over. From all others nothing is."""

MIGRATIONS = "tortoise_migrations"
"""Where it is kept which migrations were applied: read by whoever starts."""

_ROLE = """
    SELECT rolsuper OR rolcreaterole OR rolreplication AS is_mighty,
    EXISTS (
        SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE n.nspname = 'public' AND pg_has_role(r.oid, relowner, 'MEMBER')
    ) AS owns, quote_ident(rolname) AS name
    FROM pg_roles r WHERE rolname = $1
"""

_TABLES = """
    SELECT relname AS name, quote_ident(relname) AS quoted, EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = relname || '_append_only'
    ) AS is_append_only
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE n.nspname = 'public' AND relkind IN ('r', 'p') ORDER BY relname
"""


class CannotGrant(Exception):
    """A role is not there, or is one that no rights can hold."""


async def grant(url: str, role: str, *, apply: bool = True) -> list[str]:
    """Give a role the server's rights, and take every other from it, in one transaction.

    Args:
        url: The database, as the owner of its tables.
        role: The server's role, which must be there.
        apply: Whether to do it; otherwise it is only said.

    Returns:
        The statements.

    Raises:
        CannotGrant: There is no such role, or it owns tables or may do everything anyway.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        found = await connection.fetchrow(_ROLE, role)
        if found is None:
            raise CannotGrant(f"there is no role {role!r}: CREATE ROLE … LOGIN PASSWORD … first")
        if found["is_mighty"] or found["owns"]:
            raise CannotGrant(
                f"the role {role!r} owns tables or may do everything: no rights can hold it"
            )
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        tables = await connection.fetch(_TABLES)
        statements = list(_statements(found["name"], database, tables))
        if apply:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement)
        return statements
    finally:
        await connection.close()


def _statements(role: str, database: str, tables: list[asyncpg.Record]) -> Iterator[str]:
    # A temporary table would stand before the real one in the eyes of the journal's triggers.
    yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
    yield f"REVOKE ALL ON DATABASE {database} FROM {role}"
    yield f"GRANT CONNECT ON DATABASE {database} TO {role}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON SCHEMA public FROM {role}"
    yield f"GRANT USAGE ON SCHEMA public TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table in tables:
        yield f"GRANT {_rights(table)} ON TABLE {table['quoted']} TO {role}"


def _rights(table: asyncpg.Record) -> str:
    if table["name"] == MIGRATIONS:
        return "SELECT"
    if table["is_append_only"]:
        return "SELECT, INSERT"
    if table["name"] in REMOVED_FROM:
        return "SELECT, INSERT, UPDATE, DELETE"
    return "SELECT, INSERT, UPDATE"
