"""Who calls: an access token or an API key to an actor."""

from models import ApiKey, Partner, Session
from models.kinds import PartnerKind
from services.actors import Actor, ActorKind
from services.clock import Clock
from services.people.persons import PERSONS, actor_of
from services.secrets import secret_hash


class BadCredentials(Exception):
    """The token or key is unknown, expired, ended or revoked; which one is not told."""


async def authenticate_token(clock: Clock, token: str) -> Actor:
    """Return the person whose access token this is, with what they may do now.

    Raises:
        BadCredentials: It opens nothing.
    """
    session = await Session.get_or_none(token_hash=secret_hash(token), ended_at=None)
    if session is None or session.token_expires_at <= clock():
        raise BadCredentials
    actor = await actor_of(session)
    if actor is None:
        raise BadCredentials
    return actor


async def authenticate_api_key(key: str) -> Actor:
    """Return the partner whose API key this is; a suspended partner may still read.

    Raises:
        BadCredentials: It opens nothing.
    """
    api_key = await ApiKey.get_or_none(secret_hash=secret_hash(key), revoked_at=None)
    partner = await Partner.get_or_none(id=api_key.partner_id) if api_key else None
    if api_key is None or partner is None:
        raise BadCredentials
    return Actor(
        ActorKind.PARTNER,
        partner.id,
        partner_kind=PartnerKind(partner.kind),
        credential_id=api_key.id,
    )


async def renewed(clock: Clock, actor: Actor) -> Actor | None:
    """Return who calls on an open socket, with what they may do now; None when it must close.

    The session or API key decides, not the short token.
    """
    if actor.kind in PERSONS:
        session = await Session.get_or_none(
            id=actor.credential_id, ended_at=None, expires_at__gt=clock()
        )
        return None if session is None else await actor_of(session)
    if actor.kind is ActorKind.PARTNER:
        known = await ApiKey.filter(id=actor.credential_id, revoked_at=None).exists()
        return actor if known else None
    return actor


async def still_valid(clock: Clock, actor: Actor) -> bool:
    """Tell whether a socket may stay open as it is, with what its caller could do when it began."""
    now = await renewed(clock, actor)
    return now is not None and now.permissions == actor.permissions
