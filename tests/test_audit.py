"""The audit log: sensitive commands are written down with their outcome, and stay as they are."""

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import BaseORMException

from models import AuditEntry
from models.kinds import AuditOutcome
from services.accounts.freeze import freeze_account
from services.audit import record
from services.refusals import RefusalCode, Refused
from tests.factories import a_customer, a_key, an_account, an_operator, house_on, new_id


async def test_what_is_allowed_and_what_is_refused_is_written_down_once(database_url: str) -> None:
    async with house_on(database_url) as house:
        operator = await an_operator(house)
        account_id = await an_account(house, await a_customer(house))
        missing_id, key = new_id(), a_key()
        await freeze_account(house, operator, key, account_id)
        await freeze_account(house, operator, key, account_id)
        with pytest.raises(Refused):
            await freeze_account(house, operator, a_key(), missing_id)
        allowed, refused = await AuditEntry.all().order_by("id")
        assert (allowed.principal, allowed.action) == (operator.principal, "freezeAccount")
        assert (allowed.object_id, allowed.outcome) == (account_id, AuditOutcome.ALLOWED)
        assert (allowed.code, allowed.at) == (None, house.clock())
        assert (refused.object_id, refused.outcome) == (missing_id, AuditOutcome.REFUSED)
        assert refused.code == RefusalCode.NOT_FOUND


async def test_what_goes_past_the_desk_is_written_down_too(database_url: str) -> None:
    async with house_on(database_url) as house:
        operator = await an_operator(house)
        await record(
            house.clock, house.new_id, operator, "setParameter", refused="FORBIDDEN", reason="why"
        )
        entry = await AuditEntry.get()
        assert (entry.outcome, entry.code, entry.reason) == ("REFUSED", "FORBIDDEN", "why")


async def test_nobody_changes_or_removes_an_entry(database_url: str) -> None:
    async with house_on(database_url) as house:
        await record(house.clock, house.new_id, await an_operator(house), "setParameter")
        connection = get_connection("default")
        for statement in ("UPDATE audit_entry SET code = 'x'", "DELETE FROM audit_entry"):
            with pytest.raises(BaseORMException, match="append-only"):
                await connection.execute_query(statement)
        assert await AuditEntry.all().count() == 1
