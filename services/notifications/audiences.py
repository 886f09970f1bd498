"""Who an event is told to."""

from uuid import UUID

ALERTS = "topic:alerts"
"""Threshold alerts: operators hear all of them."""

DRAWS = "topic:draws"
"""Draws that open, close and are published: every partner hears them."""


def customer(customer_id: UUID) -> str:
    """Return the audience that is one customer."""
    return f"customer:{customer_id}"


def partner(partner_id: UUID) -> str:
    """Return the audience that is one partner."""
    return f"partner:{partner_id}"
