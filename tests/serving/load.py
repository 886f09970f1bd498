"""Deposits that several callers make at once, each of which must be answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.serving.graphql import BALANCE, DEPOSIT, ask, client, deposit, new_player
from tests.serving.waiting import LONG_S, until
from tests.stories.coffer import Coffer

CALLERS = 8


@dataclass
class Load:
    """Deposits that callers make one after the other, and what became of them."""

    port: int
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    refused: int = 0
    ending: bool = False
    callers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether every caller has ended, for whatever reason."""
        return all(caller.done() for caller in self.callers)

    async def deposit_on(self, headers: dict[str, str], account_id: str, name: str) -> None:
        """Make deposits on one kept connection, until told or until nobody listens any more."""
        async with client(self.port) as http:
            number = 0
            while not self.ending:
                number += 1
                given = deposit(account_id, f"{name}-{number}", "1.00")
                try:
                    answer = await ask(http, DEPOSIT, given, headers)
                except httpx.ConnectError:
                    self.refused += 1
                    return
                except httpx.TransportError as error:
                    self.lost.append(repr(error))
                    return
                assert answer["__typename"] == "DepositSuccess"
                self.acknowledged += 1


@asynccontextmanager
async def under_load(coffer: Coffer) -> AsyncIterator[tuple[Load, dict[str, str]]]:
    """Have callers make deposits, every one of which must be answered."""
    load = Load(coffer.port)
    async with client(coffer.port) as http:
        headers, account_id = await new_player(http)
    load.callers = [
        asyncio.create_task(load.deposit_on(headers, account_id, str(number)))
        for number in range(CALLERS)
    ]
    await until(lambda: load.acknowledged >= CALLERS)
    yield load, headers
    load.ending = True
    await asyncio.wait_for(asyncio.gather(*load.callers), LONG_S)
    assert load.lost == []


async def is_kept(coffer: Coffer, load: Load, headers: dict[str, str]) -> None:
    """Check that the account holds what was acknowledged."""
    async with client(coffer.port) as http:
        viewer = await ask(http, BALANCE, headers=headers)
    assert viewer["accounts"][0]["balance"] == {"amount": f"{load.acknowledged}.00"}
