"""Finding the partner that a command is about."""

from uuid import UUID

from graphql_schema.relay import NodeKind, decode
from models import Partner


class NoSuchPartner(Exception):
    """No partner has this name or id."""


async def find_partner(named: str) -> Partner:
    """Return the partner of a name, or of an id as GraphQL or the command line shows it.

    Raises:
        NoSuchPartner: There is none.
    """
    found = await Partner.get_or_none(name=named)
    partner_id = _id_in(named)
    if found is None and partner_id is not None:
        found = await Partner.get_or_none(id=partner_id)
    if found is None:
        raise NoSuchPartner(f"there is no partner {named!r}")
    return found


def _id_in(text: str) -> UUID | None:
    decoded = decode(text)
    if decoded is not None and decoded[0] is NodeKind.PARTNER:
        return decoded[1]
    try:
        return UUID(text)
    except ValueError:
        return None
