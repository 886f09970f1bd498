"""Stepping up: proving with the PIN who one is, for a few minutes of one session."""

from datetime import datetime, timedelta

from tortoise.transactions import in_transaction

from models import Session
from models.kinds import SessionState
from services.actors import Actor
from services.audit import record, record_attempt
from services.house import House
from services.origin import UNKNOWN, Origin
from services.parameters import ParameterName
from services.people.persons import person_of
from services.people.pins import compare_pin, forget_tries
from services.refusals import RefusalCode, Refused


async def step_up(house: House, actor: Actor, pin: str, origin: Origin = UNKNOWN) -> datetime:
    """Let the caller's session do for ``STEP_UP_S`` what needs the PIN; return until when.

    Raises:
        NotAllowed: The caller is no customer.
        Refused: ``PIN_NOT_SET``, ``WRONG_PIN``, ``PIN_LOCKED``, ``THROTTLED``, ``SESSION_ENDED``.
    """
    customer_id = actor.customer_id()
    person = await person_of(actor)
    known = await compare_pin(house, actor, person, pin, origin, "pin")
    if known is None:
        await record_attempt(house, actor, "stepUp", RefusalCode.WRONG_PIN, customer_id)
        raise Refused(RefusalCode.WRONG_PIN, "pin")
    life = timedelta(seconds=await house.parameters.value(ParameterName.STEP_UP_S))
    until = house.clock() + life
    async with in_transaction():
        # Whoever changes the PIN ends all step-ups under the same lock: none slips in behind that.
        if not await forget_tries(known):
            raise Refused(RefusalCode.WRONG_PIN, "pin")
        session = Session.filter(
            id=actor.credential_id, person_id=customer_id, state=SessionState.OPEN
        )
        if not await session.update(stepped_up_until=until):
            raise Refused(RefusalCode.SESSION_ENDED)
    await record(house.clock, house.new_id, actor, "stepUp", object_id=customer_id)
    return until
