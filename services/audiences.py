"""Who an event is told to, and what a caller may hear."""

from uuid import UUID

from models.kinds import ApiKeyScope, Permission
from services.actors import Actor, ActorKind

ALERTS = "topic:alerts"
"""Threshold alerts: the people of the house who see the ledger hear all of them."""

DRAWS = "topic:draws"
"""Draws that open, close and are published: whoever has signed in hears them."""


def customer(customer_id: UUID) -> str:
    """Return the audience that is one customer."""
    return f"customer:{customer_id}"


def member(member_id: UUID) -> str:
    """Return the audience that is one member of the staff."""
    return f"member:{member_id}"


def partner(partner_id: UUID) -> str:
    """Return the audience that is one partner."""
    return f"partner:{partner_id}"


def heard_by(actor: Actor) -> frozenset[str]:
    """Return every audience that a caller belongs to: nobody names one, so nobody names another's.

    Raises:
        NotAllowed: The caller is nobody, or a partner whose key lacks the scope.
    """
    if actor.is_of_the_house and actor.id is not None:
        own = {member(actor.id), DRAWS}
        return frozenset(own | {ALERTS} if actor.may(Permission.SEE_LEDGER) else own)
    if actor.kind is ActorKind.CUSTOMER:
        return frozenset({customer(actor.customer_id()), DRAWS})
    return frozenset({partner(actor.partner_id(scope=ApiKeyScope.SUBSCRIBE)), DRAWS})
