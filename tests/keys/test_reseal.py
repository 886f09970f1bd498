"""Sealing anew: everything is sealed with the new key, and what changes meanwhile stands."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

import models
from models import Answer
from services.keys.reseal import BATCH, reseal, sealed_anew
from services.keys.sealed_columns import SEALED_COLUMNS, SealedColumn
from services.keys.usage import key_usage
from services.vault import Keyring, Purpose
from tests.factories import a_vault, house_on, new_id

NOW = datetime(2026, 3, 2, tzinfo=UTC)
COLUMN = SealedColumn(Answer, "body", Purpose.PHONE)
"""Any text column will do."""
COLUMNS = (COLUMN,)


async def kept(text: str) -> UUID:
    """Keep a text in the column, and return its row's id."""
    answer = await Answer.create(
        id=new_id(),
        principal="test",
        operation="test",
        key="test",
        arguments=new_id(),
        body=text,
        at=NOW,
    )
    return answer.id


async def text_of(row_id: UUID) -> str:
    """Return what the column holds."""
    return (await Answer.get(id=row_id)).body


@pytest.fixture
def keyring() -> Keyring:
    """A keyring whose second key seals."""
    return Keyring.fresh().with_another().sealing_with("2", NOW)


async def test_everything_is_sealed_with_the_new_key(database_url: str, keyring: Keyring) -> None:
    async with house_on(database_url):
        old, new = a_vault(keyring.sealing_with("1", NOW)), a_vault(keyring)
        row_ids = [await kept(old.seal(Purpose.PHONE, f"{n}")) for n in range(BATCH + 1)]
        fresh = new.seal(Purpose.PHONE, "fresh")
        fresh_id = await kept(fresh)
        told: list[tuple[str, int]] = []
        assert await key_usage(COLUMNS) == {"1": BATCH + 1, "2": 1}
        sealed = await reseal(new, columns=COLUMNS, progress=lambda *now: told.append(now))
        assert (sealed.resealed, sealed.unreadable) == (BATCH + 1, 0)
        assert told == [("answer", BATCH), ("answer", BATCH + 1)]
        assert await key_usage(COLUMNS) == {"2": BATCH + 2}
        only_new = a_vault(keyring.without("1"))
        for number, row_id in enumerate(row_ids):
            assert only_new.open(Purpose.PHONE, await text_of(row_id)) == f"{number}"
        assert await text_of(fresh_id) == fresh
        again = await reseal(new, columns=COLUMNS)
        assert again.resealed == 0


async def test_what_changes_meanwhile_stands(database_url: str, keyring: Keyring) -> None:
    async with house_on(database_url):
        old = a_vault(keyring.sealing_with("1", NOW))
        row_id = await kept(old.seal(Purpose.PHONE, "before"))
        read = await COLUMN.sealed_otherwise("2").values_list("id", "body")
        changed = old.seal(Purpose.PHONE, "after")
        await Answer.filter(id=row_id).update(body=changed)
        assert await sealed_anew(a_vault(keyring), COLUMN, *read[0]) == 0
        assert await text_of(row_id) == changed


async def test_what_a_lost_key_has_sealed_stays_and_is_told(
    database_url: str, keyring: Keyring
) -> None:
    async with house_on(database_url):
        lost = a_vault().seal(Purpose.PHONE, "lost").replace("v1.1.", "v1.9.")
        lost_id = await kept(lost)
        row_id = await kept(a_vault(keyring.sealing_with("1", NOW)).seal(Purpose.PHONE, "kept"))
        vault = a_vault(keyring)
        sealed = await reseal(vault, columns=COLUMNS)
        assert (sealed.resealed, sealed.unreadable) == (1, 1)
        assert vault.open(Purpose.PHONE, await text_of(row_id)) == "kept"
        assert await text_of(lost_id) == lost
        assert await key_usage(COLUMNS) == {"9": 1, "2": 1}


def test_every_sealed_column_is_named() -> None:
    named = {(column.model.__name__, column.name) for column in SEALED_COLUMNS}
    there = {
        (name, field)
        for name in models.__all__
        for field in getattr(models, name)._meta.db_fields
        if field.endswith("_sealed")
    }
    assert named == there
