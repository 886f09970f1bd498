"""Sensitive actions that go past the posting desk: signing in, or being refused a permission.

What the desk decides is audited in its own transaction (``Command.audit``).
"""

from uuid import UUID

from models import AuditEntry
from models.kinds import AuditOutcome
from services.actors import Actor, ActorKind
from services.clock import Clock, NewId
from services.house import House
from services.ledger.command import as_json
from services.refusals import RefusalCode

FORBIDDEN = "FORBIDDEN"
"""The code of whatever was refused for want of a permission."""


async def record(
    clock: Clock,
    new_id: NewId,
    actor: Actor,
    action: str,
    *,
    object_id: UUID | None = None,
    refused: RefusalCode | str | None = None,
    reason: str | None = None,
    attempts: int = 1,
) -> None:
    """Write down what somebody did, or was refused.

    Args:
        clock: The present.
        new_id: The entry's id.
        actor: Who acted; nobody's attempts are counted elsewhere, not written.
        action: The operation, as its idempotency key would name it.
        object_id: What it was done to.
        refused: The code of the refusal, where it was one.
        reason: Why, in the words of whoever acted.
        attempts: How often it was tried by now, where repeats are folded.
    """
    folded = {"name": "attempts", "before": None, "after": str(attempts)}
    await AuditEntry.create(
        id=new_id(),
        principal=actor.principal,
        action=action,
        object_id=object_id,
        outcome=AuditOutcome.ALLOWED if refused is None else AuditOutcome.REFUSED,
        code=refused,
        reason=reason,
        changes=as_json([folded]) if attempts > 1 else None,
        at=clock(),
    )


async def record_attempt(
    house: House,
    actor: Actor,
    action: str,
    refused: RefusalCode | str = FORBIDDEN,
    object_id: UUID | None = None,
) -> None:
    """Write down what somebody tried in vain; repeats are folded, nobody's attempts are counted.

    Args:
        house: The means.
        actor: Who tried.
        action: What.
        refused: The code of the refusal.
        object_id: What it would have been done to.
    """
    if actor.kind is ActorKind.NOBODY:
        house.attempts.by_nobody[action] += 1
        return
    number = house.attempts.note(actor.principal, action, house.clock())
    if number is not None:
        await record(
            house.clock,
            house.new_id,
            actor,
            action,
            object_id=object_id,
            refused=refused,
            attempts=number,
        )
