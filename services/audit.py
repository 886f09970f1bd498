"""Sensitive actions that go past the posting desk: signing in, or being refused a permission.

What the desk decides is audited in its own transaction (``Command.audit``).
"""

from uuid import UUID

from models import AuditEntry
from models.kinds import AuditOutcome
from services.actors import Actor
from services.clock import Clock, NewId
from services.refusals import RefusalCode


async def record(
    clock: Clock,
    new_id: NewId,
    actor: Actor,
    action: str,
    *,
    object_id: UUID | None = None,
    refused: RefusalCode | str | None = None,
    reason: str | None = None,
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
    """
    await AuditEntry.create(
        id=new_id(),
        principal=actor.principal,
        action=action,
        object_id=object_id,
        outcome=AuditOutcome.ALLOWED if refused is None else AuditOutcome.REFUSED,
        code=refused,
        reason=reason,
        changes=None,
        at=clock(),
    )
