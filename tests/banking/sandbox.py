"""The sandbox bank beside a house, in one process: the real requests and callbacks, no sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.http_bank import HttpBank
from app.bank_callbacks import PATH, BankCallbacks
from app.sandbox_bank.books import Books
from app.sandbox_bank.server import BankServer
from services.house import House
from tests.factories import HouseUnderTest

SECRET = "a secret that the bank and Coffer share"
BASE = "http://bank.invalid"
COFFER = "http://coffer.invalid"


class Died(Exception):
    """The bank is no more."""


@dataclass
class Sandbox:
    """A house with the sandbox bank behind it, as over HTTP.

    ``calls`` are the callbacks that reached the house, with the status they were answered with.
    """

    house: House
    server: BankServer
    to_bank: httpx.AsyncClient
    to_coffer: httpx.AsyncClient
    path: Path
    calls: list[int] = field(default_factory=list)
    deaths: int = 0

    @property
    def books(self) -> Books:
        """The bank's books."""
        return self.server.books

    def restart(self) -> None:
        """Have the bank begin anew, with the books that it has on disk."""
        self.server.books.close()
        self.server.books = Books(self.path, self.server.time_s)


@asynccontextmanager
async def sandbox_beside(house: HouseUnderTest, directory: Path) -> AsyncIterator[Sandbox]:
    """Put the sandbox bank behind a house whose clock is both's, for the time of the block."""

    def time_s() -> float:
        return house.clock().timestamp()

    def die() -> None:
        sandbox.deaths += 1
        raise Died

    async def note(response: httpx.Response) -> None:
        sandbox.calls.append(response.status_code)

    callbacks = BankCallbacks(SECRET, lambda: sandbox.house)
    coffer = Starlette(routes=[Route(PATH, callbacks.respond, methods=["POST"])])
    to_coffer = httpx.AsyncClient(
        transport=httpx.ASGITransport(coffer, raise_app_exceptions=False),
        base_url=COFFER,
        event_hooks={"response": [note]},
    )
    path = directory / "bank.db"
    server = BankServer(Books(path, time_s), SECRET, time_s, die, to_coffer, COFFER + PATH)
    to_bank = httpx.AsyncClient(
        transport=httpx.ASGITransport(
            server.application(by_itself=False), raise_app_exceptions=False
        ),
        base_url=BASE,
    )
    bank = HttpBank(to_bank, SECRET, house.clock, needs_card=False, pause_s=0)
    banked = House(
        desk=house.desk,
        bank=bank,
        parameters=house.parameters,
        clock=house.clock,
        new_id=house.new_id,
        zone=house.zone,
        vault=house.vault,
        mail=house.mail,
        throttle=house.throttle,
        courier=house.courier,
    )
    sandbox = Sandbox(banked, server, to_bank, to_coffer, path)
    try:
        yield sandbox
    finally:
        await to_bank.aclose()
        await to_coffer.aclose()
        server.books.close()


async def gone_at_once(*_: object) -> httpx.Response:
    """Stand for httpx's transport, as a library below it meets a connection that is gone at once.

    Raises:
        AttributeError: Always.
    """
    raise AttributeError("'NoneType' object has no attribute 'getpeername'")
