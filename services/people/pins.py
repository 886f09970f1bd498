"""Comparing payment PINs: every try is counted in the database before it is made.

So guesses that come at once, to one process or to several, are together no more than
``PIN_TRIES``; then there is none for ``PIN_LOCK_S``, and then as many again.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import F

from models import PaymentPin
from models.engines import Lookup, Row
from models.kinds import Notice
from services.actors import SYSTEM, Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Fact, Key, RowLock
from services.origin import Origin
from services.parameters import ParameterName
from services.passwords import password_matches
from services.people.doors import Door, knock, own_network
from services.people.notices import notify
from services.people.persons import Person
from services.refusals import RefusalCode, Refused

PINS = Lookup.of(PaymentPin)
PINS_TABLE = PINS.table


@dataclass(frozen=True, slots=True)
class KnownPin:
    """A PIN that was given right, as it was kept then."""

    customer_id: UUID
    pin_hash: str = field(repr=False)


def pin_lock(customer_id: UUID) -> RowLock:
    """Return the lock under which a command decides about a PIN that is set."""
    return RowLock(PINS_TABLE, customer_id, exclusive=True)


def pin_fact(customer_id: UUID) -> Fact:
    """Return the row of a PIN, for a command to read."""
    return Fact(PINS, (customer_id,))


def pin_row(customer_id: UUID, pin_hash: str, now: datetime) -> Row:
    """Return the row of a fresh PIN."""
    return {"id": customer_id, "pin_hash": pin_hash, "set_at": now, "tries": 0, "tried_at": now}


async def compare_pin(
    house: House, actor: Actor, person: Person, pin: str, origin: Origin, where: str
) -> KnownPin | None:
    """Count a try at the caller's PIN, and compare it.

    Args:
        house: The means.
        actor: Who tries.
        person: The same.
        pin: What they give.
        origin: Where from.
        where: Where it stands in the input.

    Returns:
        None where it is another one.

    Raises:
        Refused: ``PIN_NOT_SET``, ``PIN_LOCKED`` with when to come back, ``THROTTLED``.
    """
    network = await own_network(person, origin)
    await knock(house, Door.PIN, origin, actor.principal, network)
    known = await PaymentPin.get_or_none(id=person.id)
    if known is None:
        raise Refused(RefusalCode.PIN_NOT_SET)
    tries = await house.parameters.value(ParameterName.PIN_TRIES)
    lock = timedelta(seconds=await house.parameters.value(ParameterName.PIN_LOCK_S))
    now = house.clock()
    if not await _count(person.id, tries, lock, now):
        known = await PaymentPin.get(id=person.id)
        left = max(known.tried_at + lock - now, timedelta(seconds=1))
        retry_after_s = math.ceil(left.total_seconds())
        raise Refused(RefusalCode.PIN_LOCKED, where, retry_after_s=retry_after_s)
    if await password_matches(pin, known.pin_hash):
        return KnownPin(person.id, known.pin_hash)
    now_kept = await PaymentPin.get(id=person.id)
    if now_kept.tries >= tries:
        await _tell_of_lock(house, person, now_kept.tried_at, origin)
    return None


async def forget_tries(known: KnownPin) -> bool:
    """Let the tries begin anew; tell whether the PIN is still the one that was given.

    Within a transaction the PIN stays locked until its end.
    """
    same = PaymentPin.filter(id=known.customer_id, pin_hash=known.pin_hash)
    return bool(await same.update(tries=0))


async def _count(customer_id: UUID, tries: int, lock: timedelta, now: datetime) -> bool:
    """Count a try in one statement; tell whether there was one left."""
    pin = PaymentPin.filter(id=customer_id)
    again = {"tries": F("tries") + 1, "tried_at": now}
    anew = {"tries": 1, "tried_at": now}
    # The second is for whoever comes after the lock is over; of many such, one begins anew, and
    # the others are counted behind it.
    return bool(
        await pin.filter(tries__lt=tries).update(**again)
        or await pin.filter(tries__gte=tries, tried_at__lte=now - lock).update(**anew)
        or await pin.filter(tries__lt=tries).update(**again)
    )


async def _tell_of_lock(house: House, person: Person, locked_at: datetime, origin: Origin) -> None:
    """Tell the owner, once for each lock."""

    def decide(books: Books) -> Body:
        notify(books, person, Notice.PIN_LOCKED, origin.language)
        return {}

    value = f"{person.id} {locked_at.isoformat()}"
    await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "lockPaymentPin", value, {}),
            decide=decide,
            audit=Audit(person.id),
        )
    )
