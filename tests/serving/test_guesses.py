"""Keys and tokens are too long to guess, and guesses are not even looked up for long."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tortoise.backends.sqlite.client import SqliteClient

from app.asgi import Application
from app.guesses import GOOD_FOR_S, Guesses
from app.key_file import write_keyring
from app.rates import Buckets, Rates
from app.settings import Settings
from app.transport import Client, RateLimited
from services.partners.keys import PREFIX
from services.people.sessions import TOKEN_PREFIX
from services.secrets import SECRET_BYTES, has_form, new_secret
from services.throttling import Rate
from services.vault import Keyring

HOME, ELSEWHERE = Client({}, "192.0.2.1"), Client({}, "198.51.100.1")
WHO = {"query": "{ viewer { __typename } }"}
FEW = Rate(3, timedelta(seconds=1))


class Clock:
    """Seconds that a test turns on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Rates:
    """Three requests of nobody's from an address, and one more a second."""
    return Rates({"nobody": FEW}, Buckets(clock), ())


def exhaust(rates: Rates, client: Client = HOME) -> None:
    while not rates.enter(None, client, 1):
        pass


def test_what_opens_something_cannot_be_guessed() -> None:
    assert SECRET_BYTES * 8 == 256
    made = {new_secret(PREFIX) for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(has_form(each, PREFIX) for each in made)


@pytest.mark.parametrize("text", ["", "a", PREFIX, "coffee_" + "a" * 43, PREFIX + "a" * 44])
def test_what_is_no_secret_of_ours_is_not_looked_for(text: str) -> None:
    assert not has_form(text, PREFIX)


def test_after_too_many_wrong_ones_none_is_looked_up(clock: Clock, rates: Rates) -> None:
    guesses = Guesses(rates.wait_of_nobody, clock)
    guesses.check("a guess", HOME)
    exhaust(rates)
    with pytest.raises(RateLimited) as caught:
        guesses.check("a guess", HOME)
    assert caught.value.retry_after_s == 1
    guesses.check("a guess", ELSEWHERE)
    clock.now_s += 1
    guesses.check("a guess", HOME)


def test_who_was_let_in_before_goes_on(clock: Clock, rates: Rates) -> None:
    guesses = Guesses(rates.wait_of_nobody, clock, capacity=2)
    for good in ("first", "second", "third"):
        guesses.was_good(good)
    assert "third" not in str(guesses._good_until_s)
    exhaust(rates)
    guesses.check("third", HOME)
    with pytest.raises(RateLimited):
        guesses.check("first", HOME)  # of as many, it was good longest ago
    clock.now_s += GOOD_FOR_S
    exhaust(rates)
    with pytest.raises(RateLimited):
        guesses.check("third", HOME)


@pytest.fixture
async def http(sqlite_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The application itself, without a server around it, with little patience for nobody."""
    key_file = tmp_path / "keys.json"
    write_keyring(key_file, Keyring.fresh())
    settings = Settings(database_url=sqlite_url, key_file=key_file, rates={"nobody": FEW})
    application = Application(settings)
    transport = httpx.ASGITransport(application.asgi)
    async with (
        application.lifespan(application.asgi),
        httpx.AsyncClient(transport=transport, base_url="http://coffer") as client,
    ):
        yield client


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what the database is asked from now on."""
    asked: list[str] = []
    for method in ("execute_query", "execute_query_dict"):
        execute = getattr(SqliteClient, method)

        async def noting(
            self: SqliteClient,
            query: str,
            *values: Any,  # noqa: ANN401 - as it is
            execute: Callable[..., Awaitable[Any]] = execute,
        ) -> Any:  # noqa: ANN401 - as it is
            asked.append(query)
            return await execute(self, query, *values)

        monkeypatch.setattr(SqliteClient, method, noting)
    return asked


def headers_of(secret: str) -> dict[str, str]:
    """Return the header that a secret is sent in."""
    if secret.startswith(TOKEN_PREFIX):
        return {"authorization": f"Bearer {secret}"}
    return {"x-api-key": secret}


@pytest.mark.parametrize("text", [PREFIX, f"{PREFIX}a", "a" * 50])
async def test_what_is_no_secret_of_ours_costs_it_nothing(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    asked = noted(monkeypatch)
    for headers in ({"x-api-key": text}, {"authorization": f"Bearer {text}"}):
        assert (await http.post("/graphql", json=WHO, headers=headers)).status_code == 401
    assert not [each for each in asked if "_hash" in each]


@pytest.mark.parametrize(("prefix", "table"), [(PREFIX, "api_key"), (TOKEN_PREFIX, "session")])
async def test_guesses_cost_the_database_next_to_nothing(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, prefix: str, table: str
) -> None:
    asked = noted(monkeypatch)
    answers = [
        await http.post("/graphql", json=WHO, headers=headers_of(new_secret(prefix)))
        for _ in range(20)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:3] == [401] * 3
    assert len({answer.text for answer in answers[:3]}) == 1
    assert statuses.count(429) >= 15
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 3 <= sum(f'FROM "{table}"' in each and "_hash" in each for each in asked) < 6
