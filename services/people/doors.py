"""How often somebody may knock: by address, and by account (``docs/decisions/0010-sessions.md``).

A try counts against the address that it comes from, and against the account that it is about. At
an account, those who come from a network that its owner has signed in from have a count of their
own for each such network; all others share one. So a stranger who tries in vain keeps strangers
out, never the owner at home.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from models import Session
from services.house import House
from services.origin import Origin
from services.people.persons import Person
from services.refusals import RefusalCode, Refused
from services.secrets import secret_hash
from services.throttling import Rate


class Door(StrEnum):
    """What is tried."""

    SIGN_UP = "signUp"
    SIGN_IN = "signIn"
    REFRESH = "refreshSession"
    RECOVERY = "requestPasswordReset"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - what is tried
    PIN = "pin"


ADDRESS_RATES = {
    Door.SIGN_UP: Rate(30, timedelta(seconds=20)),
    Door.SIGN_IN: Rate(60, timedelta(seconds=2)),
    Door.REFRESH: Rate(300, timedelta(seconds=0.2)),
    Door.RECOVERY: Rate(20, timedelta(seconds=30)),
    Door.CODE: Rate(30, timedelta(seconds=20)),
    Door.PASSWORD: Rate(30, timedelta(seconds=20)),
    Door.PIN: Rate(60, timedelta(seconds=5)),
}
"""Wide, since a whole town may share an address."""

ACCOUNT_RATES = {
    Door.SIGN_UP: Rate(5, timedelta(minutes=5)),
    Door.SIGN_IN: Rate(10, timedelta(minutes=3)),
    Door.REFRESH: Rate(20, timedelta(seconds=10)),
    Door.RECOVERY: Rate(3, timedelta(minutes=20)),
    Door.CODE: Rate(10, timedelta(minutes=3)),
    Door.PASSWORD: Rate(5, timedelta(minutes=5)),
    Door.PIN: Rate(20, timedelta(seconds=30)),
}
"""Narrow, since one person has one memory. The PIN's lock-out is in the database, beside it."""


@dataclass(frozen=True, slots=True)
class Try:
    """Something that was counted, and may be given back when it turns out right."""

    house: House
    spent: tuple[tuple[str, Rate], ...]
    at: datetime

    async def give_back(self) -> None:
        """Let it not have counted: whoever knows the secret does not use up the tries."""
        for key, rate in self.spent:
            await self.house.throttle.give_back(key, rate, self.at)


async def knock(
    house: House, door: Door, origin: Origin, account: str, network: str | None = None
) -> Try:
    """Count a try, unless there were too many.

    Args:
        house: The means.
        door: What is tried.
        origin: Where from.
        account: Whose account it is about, whether or not there is one.
        network: Where from again, if it is one of the owner's (see ``own_network``).

    Raises:
        Refused: ``THROTTLED``, with when to come back.
    """
    now = house.clock()
    spent: list[tuple[str, Rate]] = []
    holder = secret_hash(account if network is None else f"{account}@{network}")
    keys = [(f"{door}:{holder}", ACCOUNT_RATES[door])]
    if origin.counted_as is not None:
        keys.insert(0, (f"{door}:{secret_hash(origin.counted_as)}", ADDRESS_RATES[door]))
    for key, rate in keys:
        wait = await house.throttle.spend(key, rate, now)
        if wait is not None:
            house.attempts.by_nobody[f"{door}:throttled"] += 1
            seconds = math.ceil(wait.total_seconds())
            raise Refused(RefusalCode.THROTTLED, retry_after_s=seconds)
        spent.append((key, rate))
    return Try(house, tuple(spent), now)


async def own_network(person: Person | None, origin: Origin) -> str | None:
    """Return the network that a request comes from, if the person has signed in from it before."""
    network = origin.network
    # Asked for nobody as well, so that both cases take as long.
    person_id = person.id if person is not None else UUID(int=0)
    seen = await Session.filter(person_id=person_id, network=network or "").exists()
    return network if seen else None
