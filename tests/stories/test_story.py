"""The story on both set-ups, and what its own proof rests on."""

import pytest

from tests.stories.coffer import coffer_on
from tests.stories.story import KEYS, main, tell
from tests.stories.telling import Teller, Unexpected, formatted

STEPS = 100
"""At the least: a story that ends early proves nothing."""


@pytest.mark.requirement("L1", "L2", "L3", "L4", "L5", "L6", "L7", "L21", "L22", "L23")
@pytest.mark.parametrize(
    "set_up", ["sqlite", pytest.param("two_processes", marks=pytest.mark.postgres)]
)
async def test_the_story(set_up: str, request: pytest.FixtureRequest) -> None:
    alone = set_up == "sqlite"
    database_url = request.getfixturevalue("sqlite_url" if alone else "server_role_url")
    redis_url = None if alone else request.getfixturevalue("redis_url")
    with coffer_on(database_url, redis_url, workers=1 if alone else 2) as coffer:
        coffer.start()
        teller = Teller(silent=True)
        keys = coffer.create_cast()
        await tell(coffer.url, keys, teller)
        assert teller.steps >= STEPS
        assert "the books agree" in coffer.run("check-ledger")
        assert coffer.stop() == 0
        assert "Traceback" not in coffer.log


async def test_a_story_with_wrong_money_does_not_end_well(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        keys = coffer.create_cast()
        # The story now expects a cent less of each deposit than what arrives.
        monkeypatch.setattr("tests.stories.books.Books.move", _move_a_cent_less)
        with pytest.raises(Unexpected, match="the prize pool"):
            await tell(coffer.url, keys, Teller(silent=True))


async def test_a_server_elsewhere_needs_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in KEYS.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COFFER_STORY_CENTRE_KEY", "a key")
    with pytest.raises(SystemExit) as ended:
        await main(["http://127.0.0.1:9"])
    told = str(ended.value)
    missing = "PLATFORM_KEY, COFFER_STORY_OPERATOR_EMAIL, COFFER_STORY_OPERATOR_PASSWORD."
    assert f"missing: COFFER_STORY_{missing}" in told
    assert capsys.readouterr().out == ""


async def test_a_server_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in KEYS.values():
        monkeypatch.setenv(name, "a key")
    assert await main(["http://127.0.0.1:9/graphql"]) == 1
    assert "The story does not end well" in capsys.readouterr().err


def test_amounts_are_formatted_for_people() -> None:
    assert [formatted(n) for n in (0, 5, 123_456_78, -1_00)] == [
        "¥0.00",
        "¥0.05",
        "¥123,456.78",
        "-¥1.00",
    ]


def _move_a_cent_less(books: object, source: str, target: str, minor: int) -> None:
    purses = books.purses  # type: ignore[attr-defined]  # stands in for Books.move
    purses[source] -= minor - 1
    purses[target] += minor - 1
