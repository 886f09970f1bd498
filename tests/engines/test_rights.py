"""The server's role on PostgreSQL: it can do its work, and nothing that would undo the journal.

That the whole server works as this role is shown by the story on several processes, which is told
to servers that run as it.
"""

import ast
from collections.abc import Iterator

import asyncpg
import pytest

import models
from models.engines.rights import REMOVED_FROM, CannotGrant, grant
from tests.conftest import SERVER_ROLE
from tests.servers import PostgresServer
from tests.stories.coffer import ROOT, coffer_on

pytestmark = pytest.mark.postgres

FORBIDDEN = (
    "UPDATE ledger_line SET amount_minor = 0",
    "DELETE FROM ledger_line",
    "TRUNCATE ledger_line",
    "UPDATE ledger_entry SET reason = ''",
    "DELETE FROM ledger_entry",
    "UPDATE audit_entry SET reason = ''",
    "DELETE FROM audit_entry",
    "DELETE FROM wallet",
    "TRUNCATE wallet, answer",
    "ALTER TABLE ledger_line DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_line DISABLE TRIGGER ledger_line_append_only",
    "ALTER TABLE wallet DROP CONSTRAINT wallet_sound",
    "ALTER TABLE wallet ADD COLUMN mine integer",
    "ALTER TABLE wallet OWNER TO CURRENT_USER",
    "DROP TABLE ledger_line",
    "DROP TRIGGER ledger_line_append_only ON ledger_line",
    "DROP FUNCTION coffer_append_only() CASCADE",
    "CREATE OR REPLACE FUNCTION coffer_zero_sum() RETURNS trigger LANGUAGE plpgsql AS ''",
    "CREATE TABLE mine (id integer)",
    "CREATE SCHEMA mine",
    # It would stand before the real one in the eyes of the triggers that seal entries.
    "CREATE TEMPORARY TABLE ledger_entry (id uuid)",
    "CREATE RULE mine AS ON INSERT TO ledger_line DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON ledger_line EXECUTE FUNCTION coffer_zero_sum()",
    "SET session_replication_role = replica",
    "SET ROLE coffer",
    "SELECT setval('feed_event_id_seq', 1)",
    "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', 'x', now())",
    "COPY wallet TO PROGRAM 'cat'",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_what_the_servers_role_cannot_do(server_role_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_role_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_each_table_is_granted_what_its_kind_needs(
    postgres_url: str, server_role_url: str
) -> None:
    del server_role_url
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT table_name, array_agg(privilege_type::text ORDER BY privilege_type) AS rights"
            " FROM information_schema.role_table_grants WHERE grantee = $1 GROUP BY table_name",
            SERVER_ROLE,
        )
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    granted = {row["table_name"]: row["rights"] for row in rows}
    assert len(granted) == tables
    assert granted.pop("tortoise_migrations") == ["SELECT"]
    for table in ("ledger_entry", "ledger_line", "audit_entry"):
        assert granted.pop(table) == ["INSERT", "SELECT"]
    for table in REMOVED_FROM:
        assert granted.pop(table) == ["DELETE", "INSERT", "SELECT", "UPDATE"]
    assert {tuple(rights) for rights in granted.values()} == {("INSERT", "SELECT", "UPDATE")}


async def test_granting_again_takes_back_what_somebody_gave_besides(
    postgres_url: str, server_role_url: str
) -> None:
    owner = await asyncpg.connect(postgres_url)
    server = await asyncpg.connect(server_role_url)
    try:
        await owner.execute(f"GRANT DELETE ON wallet TO {SERVER_ROLE}")
        await server.execute("DELETE FROM wallet WHERE false")
        with coffer_on(postgres_url) as coffer:
            shown = coffer.run("grant", SERVER_ROLE, "--show")
            assert "GRANT SELECT, INSERT ON TABLE ledger_line TO coffer_server;" in shown
            await server.execute("DELETE FROM wallet WHERE false")
            assert coffer.run("grant", SERVER_ROLE).startswith("granted: coffer_server")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute("DELETE FROM wallet WHERE false")
    finally:
        await owner.close()
        await server.close()


async def test_a_role_that_no_rights_can_hold_is_refused(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    await postgres_server.create_role("coffer_heir")
    owner = await asyncpg.connect(postgres_url)
    try:
        await owner.execute("GRANT coffer TO coffer_heir")
    finally:
        await owner.close()
    with pytest.raises(CannotGrant, match="owns tables or may do everything"):
        await grant(postgres_url, "coffer_heir")
    with pytest.raises(CannotGrant, match="owns tables or may do everything"):
        await grant(postgres_url, "coffer")
    with coffer_on(postgres_url) as coffer:
        refused = coffer.attempt("grant", "nobody_of_this_name")
    assert refused.returncode == 1
    assert "there is no role 'nobody_of_this_name'" in refused.stderr


def test_a_server_without_rights_to_migrate_says_who_must(server_role_url: str) -> None:
    with coffer_on(server_role_url) as coffer:
        refused = coffer.attempt("migrate")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "may not migrate the database" in refused.stderr


def test_rows_are_removed_only_from_the_tables_where_the_role_may() -> None:
    removed = {
        str(getattr(models, name)._meta.db_table)
        for area in ("services", "workers", "app")
        for path in (ROOT / area).rglob("*.py")
        for name in removed_from(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert removed == REMOVED_FROM


def removed_from(module: ast.Module) -> Iterator[str]:
    """Yield the models on whose rows a module calls ``delete``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr == "delete":
            source: ast.expr = node.value
            while isinstance(source, (ast.Attribute, ast.Call)):
                source = source.func if isinstance(source, ast.Call) else source.value
            assert isinstance(source, ast.Name), ast.dump(node)
            if source.id in models.__all__:
                yield source.id


def test_sqlite_has_no_roles(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        refused = coffer.attempt("grant", "anybody")
    assert refused.returncode == 2
    assert "SQLite has no roles" in refused.stderr
