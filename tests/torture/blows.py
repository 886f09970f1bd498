"""Killing processes while they work, at moments counted in acknowledged commands."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.servers import Server
from tests.stories.coffer import Coffer
from tests.torture.clients import Progress

ASKS = 4
"""How many connections are opened to learn who serves: the kernel gives each to somebody."""
STANDS_STILL_S = 10.0
"""How long a process stands still at the most."""


def say(line: str) -> None:
    """Tell how a run goes; pytest shows it when the test fails."""
    print(line)  # noqa: T201 - that is where pytest looks


@dataclass(slots=True)
class Blows:
    """The one who strikes.

    Args:
        coffer: Its server processes are ``server``, its worker is ``worker``, its bank ``bank``;
            ``stop`` is a server process that stands still for a while (SIGSTOP).
        servers: The others, by name.
        random: When and whom.
        gap: At least and at most how many acknowledgements lie between two blows.
    """

    coffer: Coffer
    servers: Mapping[str, Server]
    random: Random
    gap: tuple[int, int]
    struck: Counter[str] = field(default_factory=Counter)

    async def strike(self, blows: Sequence[str], progress: Progress) -> None:
        """Strike in this order, each after some more work was done, and let all come back."""
        for blow in blows:
            await progress.more(self.random.randint(*self.gap))
            at = progress.count
            begun = time.monotonic()
            await self._strike(blow, progress)
            self.struck[blow] += 1
            say(f"  after {at:5} answers: {blow}, back in {time.monotonic() - begun:.2f} s")
        await progress.more(self.gap[1])

    async def _strike(self, blow: str, progress: Progress) -> None:
        if blow == "server":
            await self._kill_server_process()
        elif blow == "worker":
            await asyncio.to_thread(self.coffer.crash_worker)
        elif blow == "bank":
            await asyncio.to_thread(self._crash_bank)
        elif blow == "stop":
            await self._stop_for_a_while(progress)
        else:
            await asyncio.to_thread(self._crash, self.servers[blow])

    def _crash_bank(self) -> None:
        bank = self.coffer.bank
        assert bank is not None
        bank.kill9()
        bank.start()
        bank.wait_ready()

    async def _stop_for_a_while(self, progress: Progress) -> None:
        """Let a process stand still, with whatever it holds, while the others go on."""
        pid = await self._somebody_who_serves()
        os.kill(pid, signal.SIGSTOP)
        try:
            with contextlib.suppress(TimeoutError):
                # Whoever waits for this very process goes on with it alone, and that may be all.
                async with asyncio.timeout(STANDS_STILL_S):
                    await progress.more(self.gap[0])
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _kill_server_process(self) -> None:
        if self.coffer.workers == 1:
            await asyncio.to_thread(self._crash_alone)
            return
        pid = await self._somebody_who_serves()
        os.kill(pid, signal.SIGKILL)

    def _crash_alone(self) -> None:
        self.coffer.kill9(self.coffer.server_pids()[0])
        self.coffer.start()

    async def _somebody_who_serves(self) -> int:
        """Return one of the processes that answer just now: one that starts is no target."""
        while True:
            found = [pid for pid in [await self._who_answers() for _ in range(ASKS)] if pid]
            if found:
                return self.random.choice(found)
            await asyncio.sleep(0.05)

    async def _who_answers(self) -> int | None:
        url = f"http://127.0.0.1:{self.coffer.port}/healthz"
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(url, timeout=5)
        except httpx.TransportError:
            return None
        return int(answer.headers["x-coffer-pid"])

    @staticmethod
    def _crash(server: Server) -> None:
        server.kill9()
        server.start()


def shuffled(random: Random, counts: Mapping[str, int]) -> list[str]:
    """Return so many blows of each kind in an order of the seed's choice."""
    blows = [name for name, count in sorted(counts.items()) for _ in range(count)]
    random.shuffle(blows)
    return blows
