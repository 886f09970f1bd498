"""Setting a system parameter, which keeps what it was before."""

from models import ParameterChange
from models.engines import Lookup
from models.kinds import ParameterState, Permission
from services.actors import Actor
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.parameters import BOUNDS, DEFAULTS, LARGEST, ParameterName
from services.refusals import RefusalCode, Refused

IN_FORCE = Lookup.of(ParameterChange, "name", "state")


async def set_parameter(
    house: House, actor: Actor, name: ParameterName, value: int, reason: str | None = None
) -> Answered:
    """Set a parameter; this process goes by it at once, others within seconds.

    Returns:
        ``change`` (its row).

    Raises:
        NotAllowed: The caller may not set parameters.
        Refused: ``PARAMETER_OUT_OF_RANGE``.
    """
    actor.require(Permission.SET_PARAMETERS)
    change_id = house.new_id()
    lowest, highest = BOUNDS.get(name, (0, LARGEST))

    def decide(books: Books) -> Body:
        if not lowest <= value <= highest:
            raise Refused(RefusalCode.PARAMETER_OUT_OF_RANGE, "value")
        now = books.one(IN_FORCE, name, ParameterState.IN_FORCE)
        change = {
            "id": change_id,
            "name": name,
            # Two who change it at once come to the same number, which is unique: one is decided
            # again, and finds what the other has set.
            "number": now["number"] + 1 if now else 1,
            "value": value,
            "before": now["value"] if now else DEFAULTS[name],
            "reason": reason,
            "state": ParameterState.IN_FORCE,
            "principal": actor.principal,
            "at": books.now,
        }
        if now:
            books.update(IN_FORCE.table, now["id"], state=ParameterState.REPLACED)
        books.insert(IN_FORCE.table, change)
        books.note(name, str(change["before"]), str(value))
        return {"change": change}

    answered = await house.desk.submit(
        Command(
            # It may be repeated without harm, so the caller gives no key.
            key=Key.of(actor.principal, "setParameter", str(change_id), {}),
            decide=decide,
            facts=(Fact(IN_FORCE, (name, ParameterState.IN_FORCE)),),
            audit=Audit(reason=reason),
        )
    )
    house.parameters.forget()
    return answered
