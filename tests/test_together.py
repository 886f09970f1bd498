"""Many questions are one look, which begins after them; nobody who leaves stops the others."""

import asyncio

import pytest

from services.together import Together


class Facts:
    """Something to look at, which can be slow."""

    def __init__(self) -> None:
        self.value = 1
        self.looks: list[set[str]] = []
        self.looked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def look_up(self, asked: set[str]) -> int:
        """Tell the value as it was when the look began."""
        value = self.value
        self.looks.append(asked)
        self.looked.set()
        await self.go_on.wait()
        if value < 0:
            raise ValueError(value)
        return value


async def test_what_is_asked_in_one_moment_is_one_look() -> None:
    facts = Facts()
    together = Together(facts.look_up)
    assert await asyncio.gather(*map(together.ask, "abca")) == [1, 1, 1, 1]
    assert facts.looks == [{"a", "b", "c"}]


async def test_a_crowd_is_looked_up_in_parts() -> None:
    facts = Facts()
    together = Together(facts.look_up, at_once=2)
    await asyncio.gather(*map(together.ask, "abcde"))
    assert facts.looks == [{"a", "b"}, {"c", "d"}, {"e"}]


async def test_what_is_asked_during_a_look_is_for_the_next() -> None:
    facts = Facts()
    together = Together(facts.look_up)
    facts.go_on.clear()
    first = asyncio.create_task(together.ask("a"))
    await facts.looked.wait()
    facts.value = 2
    second = asyncio.create_task(together.ask("a"))
    facts.go_on.set()
    assert (await first, await second) == (1, 2)
    assert facts.looks == [{"a"}, {"a"}]


async def test_one_who_stops_waiting_stops_nobody() -> None:
    facts = Facts()
    together = Together(facts.look_up)
    first = asyncio.create_task(together.ask("a"))
    second = asyncio.create_task(together.ask("b"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1
    assert facts.looks == [{"a", "b"}]


async def test_a_look_that_fails_fails_for_those_who_asked_alone() -> None:
    facts = Facts()
    together = Together(facts.look_up)
    facts.value = -1
    found = await asyncio.gather(together.ask("a"), together.ask("b"), return_exceptions=True)
    assert [type(one) for one in found] == [ValueError, ValueError]
    facts.value = 3
    assert await together.ask("a") == 3


async def test_questions_are_gathered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts()
    waited: list[float] = []
    over = asyncio.Event()

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        await over.wait()

    monkeypatch.setattr("services.together.asyncio.sleep", wait)
    together = Together(facts.look_up, gather_s=0.5)
    first = asyncio.create_task(together.ask("a"))
    second = asyncio.create_task(together.ask("b"))
    over.set()
    assert (await first, await second) == (1, 1)
    assert waited == [0.5]
