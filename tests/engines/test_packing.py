"""What is packed for PostgreSQL arrives as it was, whatever stands in it."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engines.packing import Form, array, one, packed
from models.ids import id_of

pytestmark = pytest.mark.postgres

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_characters="\0", codec="utf-8"),
        st.sampled_from("\x1e\x1f,{}\"'\\\n N"),
    )
)
COLUMNS = st.one_of(
    st.tuples(st.just("text"), st.lists(TEXTS | st.none() | st.just("NULL"), min_size=1)),
    st.tuples(
        st.just("uuid"), st.lists(st.uuids() | st.binary(min_size=16, max_size=16) | st.none())
    ),
    st.tuples(st.just("bigint"), st.lists(st.integers(-(2**63), 2**63 - 1) | st.none())),
    st.tuples(st.just("integer"), st.lists(st.integers(-(2**31), 2**31 - 1) | st.none())),
).filter(lambda column: bool(column[1]))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.parametrize("several", [False, True])
def test_every_column_arrives_as_it_was(
    runner: asyncio.Runner, postgres_url: str, *, several: bool
) -> None:
    connection = runner.run(asyncpg.connect(postgres_url))

    async def arrives(kind: str, values: list[Any]) -> None:
        form, arg = packed(kind, values, several=several)
        if form is Form.ONE:
            assert not several
            found = [await connection.fetchval(f"SELECT {one(1, kind)}", arg)] * len(values)
        else:
            found = await connection.fetchval(f"SELECT {array(form, 1, kind)}", arg)
        assert found == values

    @settings(max_examples=60, deadline=None)
    @given(COLUMNS)
    def check(column: tuple[str, list[Any]]) -> None:
        kind, values = column
        given = [id_of(value) if isinstance(value, bytes) else value for value in values]
        runner.run(arrives(kind, given))

    try:
        check()
    finally:
        connection.terminate()


def test_texts_that_hold_the_separators_are_sent_as_an_array() -> None:
    assert packed("text", ["a", "b"])[0] is Form.SEPARATED
    assert packed("text", ["a", None])[0] is Form.SEPARATED
    assert packed("text", ["a", "\x1f"])[0] is Form.ARRAY
    assert packed("text", ["a", "\x1e"])[0] is Form.ARRAY
    assert packed("text", [None, "\x1e"])[0] is Form.ARRAY


def test_values_that_are_the_same_are_sent_once() -> None:
    assert packed("bigint", [7, 7, 7]) == (Form.ONE, 7)
    assert packed("bigint", [7, 8, 7])[0] is Form.LITERAL
    assert packed("bigint", [7, 7], several=True)[0] is Form.LITERAL


def test_an_id_is_one_of_pythons() -> None:
    text = "0190a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b"
    made = id_of(text)
    assert made == UUID(text)
    assert made == id_of(UUID(text).bytes)
    assert hash(made) == hash(UUID(text))
    assert isinstance(made, UUID)
    with pytest.raises(ValueError, match="invalid UUID"):
        id_of("none")
